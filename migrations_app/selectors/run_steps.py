"""The steps of a run with their progress, from the folded journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.plan import Step
from migrations_app.engine.run_view import PartitionView, RunView, StepView
from migrations_app.engine.vocabulary import StepKind, StepState
from migrations_app.selectors.plans import pairs
from migrations_app.selectors.run_rows import elapsed

MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    index: int
    state: StepState
    attempt: int
    done: int
    total: int | None
    percentage: int | None
    holder: str


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step of a run. `rate` is units per second over the time it ran (None before anything is done);
    `percentage` None when the total is not known; `counters` as the step last reported them."""

    number: int
    id: str
    kind: StepKind
    title: str
    state: StepState
    attempt: int
    done: int
    total: int | None
    unit: str
    percentage: int | None
    rate: int | None
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: int | None
    estimated_seconds: int
    undo_title: str
    reversible: bool
    error: str
    result: tuple[tuple[str, str], ...]
    counters: tuple[tuple[str, int], ...]
    partitions: tuple[PartitionProgress, ...]


def steps_of(view: RunView, holders: Mapping[tuple[str, int], str], *, now: datetime) -> tuple[StepProgress, ...]:
    """`holders` maps (step, partition) to who drives it now."""
    planned = {step.id: step for step in view.plan.steps}
    return tuple(
        _step(number, planned[step.id], step, holders, now, view.ended_at) for number, step in enumerate(view.steps, 1)
    )


def _step(
    number: int,
    planned: Step,
    step: StepView,
    holders: Mapping[tuple[str, int], str],
    now: datetime,
    run_ended_at: datetime | None,
) -> StepProgress:
    seconds = None
    if step.started_at is not None:
        seconds = elapsed(step.started_at, step.ended_at or run_ended_at, now)
    return StepProgress(
        number=number,
        id=step.id,
        kind=planned.kind,
        title=step.title,
        state=step.state,
        attempt=step.attempt,
        done=step.done,
        total=step.total,
        unit=step.unit,
        percentage=100 if step.state is StepState.SUCCEEDED else percentage(step.done, step.total),
        rate=round(step.done / seconds) if seconds and step.done else None,
        started_at=step.started_at,
        ended_at=step.ended_at,
        elapsed_seconds=seconds,
        estimated_seconds=planned.estimated_seconds,
        undo_title=planned.undo_title,
        reversible=planned.reversible,
        error=message_of(step.error),
        result=pairs(dict(list((step.result or {}).items())[:MOST_SHOWN])),
        counters=tuple(step.counters.items()),
        partitions=tuple(_partition(step.id, p, holders) for p in step.partitions),
    )


def _partition(step: str, view: PartitionView, holders: Mapping[tuple[str, int], str]) -> PartitionProgress:
    return PartitionProgress(
        index=view.index,
        state=view.state,
        attempt=view.attempt,
        done=view.done,
        total=view.total,
        percentage=100 if view.state is StepState.SUCCEEDED else percentage(view.done, view.total),
        holder=holders.get((step, view.index), ""),
    )


def percentage(done: int, total: int | None) -> int | None:
    return min(100, 100 * done // total) if total else None


def message_of(error: Mapping[str, Any] | None) -> str:
    return str(error.get("message", "")) if error else ""
