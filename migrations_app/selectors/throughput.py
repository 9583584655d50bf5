"""How fast a run moved records, from its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import StepKind
from migrations_app.models import Run, RunEvent, StepRun

SLICES = 48
FEWEST_CHECKPOINTS = 4
MOST_LOOKED_AT = 2_000  # places of the journal; checkpoints hold totals, so those between them are not missed


@dataclass(frozen=True, slots=True)
class Sample:
    """`per_second`: records a second, over the slice of time that ends at `at`."""

    at: datetime
    per_second: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Of the one step that moves most. `samples` are equally far apart, oldest first."""

    step: str
    unit: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    at: datetime
    partition: int
    done: int


def throughput_of(run: Run) -> Throughput | None:
    """None while there are too few checkpoints to say anything; needs `run.revision`."""
    moving = [step["id"] for step in run.revision.content["steps"] if step["kind"] == StepKind.MIGRATION]
    busiest = StepRun.objects.filter(run=run, partition=0, step__in=moving, done__gt=0).order_by("-done").first()
    if busiest is None:
        return None
    rows = RunEvent.objects.filter(run=run, step=busiest.step, type=EventType.CHECKPOINT_SAVED)
    rows = rows.filter(seq__in=_places(run.pk, busiest.step)).order_by("seq")
    checkpoints = [
        Checkpoint(at, partition, int(payload.get("done", 0)))
        for at, partition, payload in rows.values_list("at", "partition", "payload")
    ]
    samples = sampled(checkpoints)
    return Throughput(busiest.step, busiest.unit, samples) if samples else None


def _places(run_id: int, step: str) -> list[int]:
    """Equally far apart between the step's start and its newest checkpoint, which is always among them."""
    last = StepRun.objects.filter(run_id=run_id, step=step).aggregate(last=Max("checkpoint_seq"))["last"] or 0
    started = RunEvent.objects.filter(run_id=run_id, type=EventType.STEP_STARTED, step=step, level=EventLevel.INFO)
    first = started.order_by("seq").values_list("seq", flat=True).first() or last
    stride = (last - first) // MOST_LOOKED_AT + 1
    return list(range(last, first, -stride))


def sampled(checkpoints: Sequence[Checkpoint], slices: int = SLICES) -> tuple[Sample, ...]:
    """Checkpoints hold totals per partition; a total that falls is a fresh beginning (an undo, a repeated pass)."""
    if len(checkpoints) < FEWEST_CHECKPOINTS:
        return ()
    begin, end = checkpoints[0].at, checkpoints[-1].at
    slices = min(slices, len(checkpoints) // 2)  # two checkpoints a slice at least: one alone says little
    length = (end - begin).total_seconds() / slices
    if length <= 0:
        return ()
    moved = [0.0] * slices
    reached: dict[int, Checkpoint] = {checkpoints[0].partition: checkpoints[0]}
    for point in checkpoints[1:]:
        before = reached.get(point.partition, Checkpoint(point.at, point.partition, 0))
        count = point.done - before.done if point.done >= before.done else point.done
        spread(moved, count, *((at - begin).total_seconds() / length for at in (before.at, point.at)))
        reached[point.partition] = point
    return tuple(
        Sample(begin + timedelta(seconds=length * (index + 1)), round(count / length))
        for index, count in enumerate(moved)
    )


def spread(slices: list[float], count: int, begin: float, end: float) -> None:
    """Add `count` evenly between two places, measured in slices: a batch is no peak of the moment that it ended in."""
    last = len(slices) - 1
    if end <= begin:
        slices[min(int(end), last)] += count
        return
    for index in range(min(int(begin), last), min(int(end), last) + 1):
        until = end if index == last else min(end, index + 1.0)
        slices[index] += count * max(until - max(begin, index), 0.0) / (end - begin)
