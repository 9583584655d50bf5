"""The journal of a run on the control database.

An append is one transaction: the place in the sequence (`UPDATE run SET last_seq ... RETURNING`, so commit order is
sequence order), the check of the writer's token, the fold's verdict on each event, the rows, and the projections.
An event that the state does not allow is never stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from migrations_app.engine.event_levels import level_of
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
from migrations_app.runtime.statements import Insert


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

    def append(self, events: Sequence[NewEvent], unless_asked: Sequence[NewEvent] = ()) -> Appended:
        """Raises LeaseLost (nothing was written) when this worker's token is outdated, IllegalTransition likewise."""
        with transaction.atomic():
            place = _reserve(self._run_id, self._kind, events, unless_asked)
            leases.require_held(self._worker)
            view, signal = _append(self._run_id, self._kind, place, self._clock.now(), self._view)
        self._view = view
        return Appended(view.seq, signal, view.state, withheld=len(place.events) < len(events) + len(unless_asked))


def append_by_person(run: Run, events: Sequence[NewEvent], *, now: datetime) -> RunView:
    """Append what a person did (queued, signalled, confirmed) in the caller's transaction, without a lease.

    The caller has locked the run's migration when an event may change its status. Raises IllegalTransition.
    """
    kind = RunKind(run.kind)
    view = initial_view(Plan.from_content(run.revision.content))
    return _append(run.pk, kind, _reserve(run.pk, kind, events), now, view)[0]


def read_events(run_id: int, *, after: int = 0, upto: int | None = None) -> list[Event]:
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    if upto is not None:
        rows = rows.filter(seq__lte=upto)
    return [
        Event(row.seq, row.at, EventType(row.type), row.step, row.partition, row.attempt, row.payload, row.format)
        for row in rows.iterator(chunk_size=2000)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the sequence for these events, behind `after`; `signal` is what was asked of the run by then."""

    events: Sequence[NewEvent]
    after: int
    signal: Signal


def _append(run_id: int, kind: RunKind, place: _Place, now: datetime, known: RunView) -> tuple[RunView, Signal]:
    before = known
    for event in read_events(run_id, after=known.seq, upto=place.after) if place.after > known.seq else ():
        before = apply(before, event)  # what partitions' drivers and people wrote since we last looked
    if not place.events:  # the engine asks for the signal only
        return before, place.signal
    stored = [
        Event(place.after + number, now, new.type, new.step, new.partition, new.attempt, new.payload)
        for number, new in enumerate(place.events, 1)
    ]
    view = before
    for event in stored:
        view = apply(view, event)
    _INSERT.write(
        {"run": run_id, "level": level_of(event), **{name: getattr(event, name) for name in _EVENT_FIELDS}}
        for event in stored
    )
    signal = projections.write(run_id, kind, before, view, stored, place.signal)
    transaction.on_commit(partial(doorbell.ring, run_id, view.seq), robust=True)
    return view, signal


_EVENT_FIELDS = tuple(field.name for field in fields(Event))
_INSERT = Insert(RunEvent, ("run", "level", *_EVENT_FIELDS))
_RESERVE = (
    f"UPDATE {Run._meta.db_table} SET last_seq = last_seq + %s + CASE WHEN signal = '' THEN %s ELSE 0 END "  # noqa: S608
    "WHERE id = %s RETURNING last_seq, signal"
)


def _reserve(run_id: int, kind: RunKind, events: Sequence[NewEvent], unless_asked: Sequence[NewEvent] = ()) -> _Place:
    """Take the next places. The row stays locked until commit, so nobody's later place commits before ours."""
    if any(migration_event(kind, event.type) for event in (*events, *unless_asked)):
        list(Migration.objects.select_for_update().filter(runs=run_id).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [len(events), len(unless_asked), run_id])
        row = cursor.fetchone()
    if row is None:
        raise Run.DoesNotExist(f"there is no run {run_id}")
    newest, signal = int(row[0]), Signal(row[1])
    written = events if signal is not Signal.NONE else (*events, *unless_asked)
    return _Place(written, newest - len(written), signal)
