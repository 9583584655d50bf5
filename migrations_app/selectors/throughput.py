"""How fast a run moved records, from its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import StepKind
from migrations_app.models import RunEvent
from migrations_app.selectors.run_steps import StepProgress

SLICES = 48
FEWEST_CHECKPOINTS = 4


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
    rows = RunEvent.objects.filter(run_id=run_id, step=busiest.id, type=EventType.CHECKPOINT_SAVED).order_by("seq")
    checkpoints = [
        Checkpoint(at, partition, int(payload.get("done", 0)))
        for at, partition, payload in rows.values_list("at", "partition", "payload")
    ]
    samples = sampled(checkpoints)
    return Throughput(busiest.id, busiest.unit, samples) if samples else None


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
