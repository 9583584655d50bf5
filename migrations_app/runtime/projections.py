"""Columns that repeat what the journal says, written in the event's own transaction.

Each is a function of the fold before and after; a test folds every journal again and compares.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from migrations_app.engine.events import Event, EventType
from migrations_app.engine.lifecycle import migration_event, next_status
from migrations_app.engine.run_view import PartitionView, RunView, StepView
from migrations_app.engine.vocabulary import TRIALS, MigrationStatus, RunKind, RunState, Signal
from migrations_app.models import ClaimedTarget, Migration, Run, StepRun
from migrations_app.runtime import alerting, leases, notices, webhooks
from migrations_app.runtime.statements import Insert

# Once one of these is journaled, what the person had asked for has been done.
_ANSWERS_SIGNAL = frozenset(
    {
        EventType.ROLLBACK_STARTED,
        EventType.RUN_SUCCEEDED,
        EventType.RUN_FAILED,
        EventType.RUN_CANCELLED,
        EventType.RUN_ROLLED_BACK,
        EventType.RUN_STUCK,
    }
)
_PARTITIONS_END = _ANSWERS_SIGNAL
STEP_FIELDS = ("state", "attempt", "done", "total", "unit", "checkpoint", "checkpoint_seq", "started_at", "ended_at")
_STEP_KEY = ("run", "step", "partition")
_UPSERT_STEP = Insert(StepRun, (*_STEP_KEY, *STEP_FIELDS), unique=_STEP_KEY)


def write(
    run_id: int, kind: RunKind, before: RunView, after: RunView, events: Sequence[Event], signal: Signal
) -> Signal:
    """Bring every projection up to date; returns the signal that is still open."""
    types = {event.type for event in events}
    known = {} if before.state is None else run_columns(before)
    changes = {name: value for name, value in run_columns(after).items() if name not in known or known[name] != value}
    if types & _ANSWERS_SIGNAL and signal is not Signal.NONE:
        changes["signal"] = signal = Signal.NONE
    if changes:
        Run.objects.filter(pk=run_id).update(**changes)
    _write_steps(run_id, before, after)
    _write_migration(run_id, kind, events, after)
    if types & _PARTITIONS_END:
        leases.revoke_partitions(run_id)
    if after.is_final:
        ClaimedTarget.objects.filter(run_id=run_id).delete()
    for event in events:
        notices.announce(run_id, kind, event)
        webhooks.announce_run(run_id, kind, event)
        alerting.announce_run(run_id, kind, event)
    return signal


def run_columns(view: RunView) -> dict[str, Any]:
    """The columns of `Run` that repeat the fold."""
    return {
        "state": view.state or RunState.QUEUED,
        "wake_at": view.wake_at,
        "parked_because": view.waits_for or str(view.parked_for),
        "result": dict(view.result or {}),
        "error": None if view.error is None else dict(view.error),
        "started_at": view.started_at,
        "ended_at": view.ended_at,
    }


def step_columns(step: StepView) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, columns) of a step: row 0 is the whole step, row i + 1 its leased partition i."""
    yield (
        0,
        {
            "state": step.state,
            "attempt": step.attempt,
            "done": step.done,
            "total": step.total,
            "unit": step.unit,
            "checkpoint": dict(step.checkpoint),
            "checkpoint_seq": step.own.saved_as,
            "started_at": step.started_at,
            "ended_at": step.ended_at,
        },
    )
    for partition in step.partitions:
        yield partition.index + 1, _partition_columns(partition)


def _partition_columns(partition: PartitionView) -> dict[str, Any]:
    return {
        "state": partition.state,
        "attempt": partition.attempt,
        "done": partition.done,
        "total": partition.total,
        "unit": partition.unit,
        "checkpoint": dict(partition.checkpoint),
        "checkpoint_seq": partition.saved_as,
        "started_at": None,
        "ended_at": None,
    }


def _write_steps(run_id: int, before: RunView, after: RunView) -> None:
    rows = []
    for old, new in zip(before.steps, after.steps, strict=True):
        if old is new and before.state is not None:
            continue
        known = {} if before.state is None else dict(step_columns(old))
        rows += [
            {"run": run_id, "step": new.id, "partition": number, **columns}
            for number, columns in step_columns(new)
            if known.get(number) != columns
        ]
    if rows:
        _UPSERT_STEP.write(rows)


def _write_migration(run_id: int, kind: RunKind, events: Sequence[Event], after: RunView) -> None:
    meant = [(event.at, said) for event in events if (said := migration_event(kind, event.type))]
    if not meant:
        return
    migration = Migration.objects.get(runs=run_id)
    status = MigrationStatus(migration.status)
    for _, said in meant:
        status = next_status(status, said)
    at: datetime = meant[-1][0]
    needs_person = after.state is RunState.STUCK or (after.state is RunState.FAILED and kind not in TRIALS)
    Migration.objects.filter(pk=migration.pk).update(status=status, needs_person=needs_person, changed_at=at)
