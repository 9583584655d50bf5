"""The journal of a run on the control database.

An append is one transaction: the place in the sequence (`UPDATE run SET last_seq ... RETURNING`, so commit order is
sequence order), the check of the writer's token, the fold's verdict on each event, the rows, and the projections.
An event that the state does not allow is never stored.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from migrations_app.engine.events import Event, EventType, NewEvent
from migrations_app.engine.journal import apply, fold, initial_view
from migrations_app.engine.lifecycle import migration_event
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import Appended, Clock, WorkerToken
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, Signal
from migrations_app.models import Migration, Run, RunEvent
from migrations_app.runtime import events as doorbell
from migrations_app.runtime import leases, projections


class OrmJournal:
    """The journal of one run, opened under one lease; for one thread. The engine has taken secrets out."""

    def __init__(self, *, run_id: int, kind: RunKind, plan: Plan, worker: WorkerToken, clock: Clock) -> None:
        self._run_id = run_id
        self._kind = kind
        self._worker = worker
        self._clock = clock
        self._view = initial_view(plan)

    def load(self) -> Sequence[Event]:
        events = read_events(self._run_id)
        self._view = fold(events, self._view.plan)
        return events

    def append(self, events: Sequence[NewEvent]) -> Appended:
        """Raises LeaseLost (nothing was written) when this worker's token is outdated, IllegalTransition likewise."""
        with transaction.atomic():
            view, signal = _append(self._run_id, self._kind, events, self._clock.now(), self._view, self._worker)
        self._view = view
        return Appended(view.seq, signal, view.state)


def append_by_person(run: Run, events: Sequence[NewEvent], *, now: datetime) -> RunView:
    """Append what a person did (queued, signalled, confirmed) in the caller's transaction, without a lease.

    The caller has locked the run's migration when an event may change its status. Raises IllegalTransition.
    """
    view = initial_view(Plan.from_content(run.revision.content))
    return _append(run.pk, RunKind(run.kind), events, now, view, None)[0]


def read_events(run_id: int, *, after: int = 0, upto: int | None = None) -> list[Event]:
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    if upto is not None:
        rows = rows.filter(seq__lte=upto)
    return [
        Event(row.seq, row.at, EventType(row.type), row.step, row.partition, row.attempt, row.payload, row.format)
        for row in rows.iterator(chunk_size=2000)
    ]


def _append(
    run_id: int,
    kind: RunKind,
    events: Sequence[NewEvent],
    now: datetime,
    known: RunView,
    worker: WorkerToken | None,
) -> tuple[RunView, Signal]:
    if any(migration_event(kind, event.type) for event in events):
        list(Migration.objects.select_for_update().filter(runs=run_id).values_list("pk"))
    newest, signal = _reserve(run_id, len(events))
    if worker is not None:
        leases.require_held(worker)
    before = known
    for event in read_events(run_id, after=known.seq, upto=newest - len(events)) if newest > known.seq else ():
        before = apply(before, event)  # what partitions' drivers and people wrote since we last looked
    stored = [
        Event(before.seq + place, now, new.type, new.step, new.partition, new.attempt, new.payload)
        for place, new in enumerate(events, 1)
    ]
    view = before
    for event in stored:
        view = apply(view, event)
    RunEvent.objects.bulk_create(
        [
            RunEvent(
                run_id=run_id,
                seq=event.seq,
                at=event.at,
                type=event.type,
                step=event.step,
                partition=event.partition,
                attempt=event.attempt,
                payload=event.payload,
                format=event.format,
            )
            for event in stored
        ]
    )
    if not stored:  # the engine asks for the signal only
        return view, signal
    signal = projections.write(run_id, kind, before, view, stored, signal)
    transaction.on_commit(partial(doorbell.ring, run_id, view.seq), robust=True)
    return view, signal


_RESERVE = f"UPDATE {Run._meta.db_table} SET last_seq = last_seq + %s WHERE id = %s RETURNING last_seq, signal"  # noqa: S608


def _reserve(run_id: int, count: int) -> tuple[int, Signal]:
    """Take the next places. The row stays locked until commit, so nobody's later place commits before ours."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [count, run_id])
        row = cursor.fetchone()
    if row is None:
        raise Run.DoesNotExist(f"there is no run {run_id}")
    return int(row[0]), Signal(row[1])
