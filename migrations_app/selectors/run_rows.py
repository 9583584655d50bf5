"""A run as a line of a list, from its projections alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RunKind, RunState, StepState
from migrations_app.models import Run, StepRun
from migrations_app.selectors.hand_over import MOVES_ROUTES, moved_route

LIVE_RUN_STATES = tuple(state for state in RunState if not state.is_final)  # by name: an index knows those
_DONE = (StepState.SUCCEEDED, StepState.SKIPPED)
_CLEANED = (StepState.SUCCEEDED, StepState.SKIPPED, StepState.UNDONE)  # steps of a rehearsal that has succeeded
_AT_WORK = (StepState.RUNNING, StepState.WAITING, StepState.UNDOING)
WAITS: Mapping[str, str] = {
    ParkedFor.RETRY: "waits to try again",
    ParkedFor.PARTITIONS: "its partitions are at work",
    ParkedFor.CONFIRMATION: "waits for a person's confirmation",
    ParkedFor.PAUSE: "paused by a person",
    ParkedFor.SOAK: "the new state proves itself",
    ParkedFor.HELD: "the hand-over waits for a person",
    ParkedFor.GRACE: "what was taken back still refuses writes",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the list. `percentage` 0..100; `elapsed_seconds` up to now or the end; `digest` of its plan.

    `waits` says why a parked run holds no worker, "" for one that does not wait; `wake_at` until when.
    `zero_downtime`: it moves a route bucket by bucket. `handler` is the one that its plan was made with.
    """

    id: int
    migration_id: int
    migration_title: str
    environment_id: int
    environment: str
    protected: bool
    kind: RunKind
    state: RunState
    is_final: bool
    revision: int
    digest: str
    current_step: str
    percentage: int
    steps_completed: int
    steps_total: int
    last_seq: int
    started_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: int
    parked_because: str
    waits: str
    wake_at: datetime | None
    undoes: int | None
    zero_downtime: bool
    handler: str


def with_names(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The joins that a row needs."""
    return runs.select_related("migration__environment", "revision", "started_by")


def rows_of(runs: Iterable[Run], *, now: datetime) -> tuple[RunRow, ...]:
    """In their order, with one query for all their steps; `runs` come from `with_names`."""
    listed = list(runs)
    steps: dict[int, dict[str, StepRun]] = defaultdict(dict)
    for row in StepRun.objects.filter(run__in=[run.pk for run in listed], partition=0):
        steps[row.run_id][row.step] = row
    return tuple(_row(run, steps[run.pk], now) for run in listed)


def _row(run: Run, steps: Mapping[str, StepRun], now: datetime) -> RunRow:
    planned: list[dict[str, Any]] = run.revision.content["steps"]
    state = RunState(run.state)
    done = _CLEANED if run.kind == RunKind.REHEARSAL and state is RunState.SUCCEEDED else _DONE
    at_work = next((s["title"] for s in planned if s["id"] in steps and steps[s["id"]].state in _AT_WORK), "")
    return RunRow(
        id=run.pk,
        migration_id=run.migration_id,
        migration_title=run.migration.title,
        environment_id=run.migration.environment_id,
        environment=run.migration.environment.name,
        protected=run.migration.environment.protected,
        kind=RunKind(run.kind),
        state=state,
        is_final=state.is_final,
        revision=run.revision.number,
        digest=run.revision.digest,
        current_step="" if state.is_final else at_work,
        percentage=100 if state is RunState.SUCCEEDED else _percentage(planned, steps),
        steps_completed=sum(1 for row in steps.values() if row.state in done),
        steps_total=len(planned),
        last_seq=run.last_seq,
        started_by=str(run.started_by),
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        elapsed_seconds=elapsed(run.started_at, run.ended_at, now),
        parked_because=run.parked_because,
        waits="" if state.is_final else WAITS.get(run.parked_because, run.parked_because),
        wake_at=run.wake_at,
        undoes=run.undoes_id,
        zero_downtime=run.kind in MOVES_ROUTES and moved_route(run.revision.content) is not None,
        handler=run.revision.content["handler"],
    )


def _percentage(planned: list[dict[str, Any]], steps: Mapping[str, StepRun]) -> int:
    """Steps weigh what the plan estimated; the one at work counts by its own progress."""
    weights = {step["id"]: max(1, step["estimated_seconds"]) for step in planned}
    share = sum(weights[name] * _share(row) for name, row in steps.items() if name in weights)
    return int(100 * share / sum(weights.values())) if weights else 0


def _share(row: StepRun) -> float:
    if row.state in _DONE:
        return 1.0
    return min(1.0, row.done / row.total) if row.state in _AT_WORK and row.total else 0.0


def elapsed(started_at: datetime | None, ended_at: datetime | None, now: datetime) -> int:
    """Whole seconds from start to end or now; 0 before the start."""
    return max(0, int(((ended_at or now) - started_at).total_seconds())) if started_at else 0
