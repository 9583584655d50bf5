"""A run's journal, read from its rows and folded."""

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Q

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.journal import apply, initial_view
from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import RunView
from migrations_app.models import Run, RunEvent, StepRun

MOST_WARNINGS = 100  # of those that an action logged; the log has them all


def event_of(row: RunEvent) -> Event:
    return Event(row.seq, row.at, EventType(row.type), row.step, row.partition, row.attempt, row.payload, row.format)


def view_of(run: Run) -> RunView:
    """The run as its events say, in a time that does not grow with its batches; needs `run.revision`.

    A journal is nearly all details (checkpoints, log lines), and of those only the newest checkpoint of each driver
    still says something. What is left out: `yielded`, `deaths` and `failures`, which only a driver asks for, and
    logged warnings before the newest `MOST_WARNINGS`. The driver itself folds everything (`runtime/journal.py`).
    """
    view = initial_view(Plan.from_content(run.revision.content))
    for event in _telling(run):
        view = apply(replace(view, seq=event.seq - 1), event)
    return replace(view, seq=max(view.seq, run.last_seq))


def _telling(run: Run) -> list[Event]:
    # Read first: a checkpoint that is saved meanwhile must not hide the one before it.
    rows = {row.checkpoint_seq: row for row in StepRun.objects.filter(run=run) if row.checkpoint_seq}
    whole = RunEvent.objects.filter(run=run).order_by()
    warned = whole.filter(level=EventLevel.WARNING, type=EventType.LOGGED).order_by("-seq")[:MOST_WARNINGS]
    told = Q(level__in=EventLevel.INFO.and_above) & ~Q(type=EventType.LOGGED)
    events = [event_of(row) for row in (*whole.filter(told), *warned)]
    events += [_with_totals(event_of(row), rows) for row in whole.filter(seq__in=rows)]
    return sorted(events, key=lambda event: event.seq)


def _with_totals(event: Event, rows: Mapping[int, StepRun]) -> Event:
    """A checkpoint need not repeat the total and the unit that an earlier one gave; the projection holds them."""
    row = rows[event.seq]
    shared = row.partition == 0 and any(other.step == row.step and other.partition for other in rows.values())
    known = {} if shared or row.total is None else {"total": row.total, "unit": row.unit}
    return replace(event, payload={**known, **event.payload})
