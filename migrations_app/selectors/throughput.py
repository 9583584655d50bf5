"""How fast a run moved records, from its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import StepKind
from migrations_app.models import RunEvent, StepRun
from migrations_app.selectors.run_steps import StepProgress

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


def throughput_of(run_id: int, steps: Sequence[StepProgress]) -> Throughput | None:
    """None while there are too few checkpoints to say anything."""
    moved = [step for step in steps if step.kind is StepKind.MIGRATION and step.done]
    if not moved:
        return None
    busiest = max(moved, key=lambda step: step.done)
    rows = RunEvent.objects.filter(run_id=run_id, step=busiest.id, type=EventType.CHECKPOINT_SAVED)
    rows = rows.filter(seq__in=_places(run_id, busiest.id)).order_by("seq")
    checkpoints = [
        Checkpoint(at, partition, int(payload.get("done", 0)))
        for at, partition, payload in rows.values_list("at", "partition", "payload")
    ]
    samples = sampled(checkpoints)
    return Throughput(busiest.id, busiest.unit, samples) if samples else None


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
    moved = [0] * slices
    reached: dict[int, int] = {checkpoints[0].partition: checkpoints[0].done}
    for point in checkpoints[1:]:
        before = reached.get(point.partition, 0)
        index = min(int((point.at - begin).total_seconds() / length), slices - 1)
        moved[index] += point.done - before if point.done >= before else point.done
        reached[point.partition] = point.done
    return tuple(
        Sample(begin + timedelta(seconds=length * (index + 1)), round(count / length))
        for index, count in enumerate(moved)
    )
