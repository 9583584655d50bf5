"""A run's journal, read from its rows and folded."""

from collections.abc import Sequence

from migrations_app.engine.events import Event, EventType
from migrations_app.engine.journal import fold
from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import RunView
from migrations_app.models import Run, RunEvent


def event_of(row: RunEvent) -> Event:
    return Event(row.seq, row.at, EventType(row.type), row.step, row.partition, row.attempt, row.payload, row.format)


def events_of(run: Run) -> Sequence[Event]:
    return [event_of(row) for row in RunEvent.objects.filter(run=run).order_by("seq")]


def view_of(run: Run) -> RunView:
    """The run as its events say; needs `run.revision`."""
    return fold(events_of(run), Plan.from_content(run.revision.content))
