"""A run with events of our own choosing, in the environment of the cast."""

from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import Run
from migrations_app.runtime import journal
from tests.runs import migration, plan, queued, step


def told(
    *events: NewEvent,
    kind: RunKind = RunKind.APPLY,
    start: datetime,
    seconds: int = 10,
    confirm: str = "",
    **options: Any,
) -> Run:
    """A run of two steps, `one` and `two` (its last waits for `confirm` when given); an event each ten seconds."""
    revision = migration(plan([step("one", estimated_seconds=30), step("two", confirm=confirm)], **options))
    run = queued(revision, kind)
    for number, event in enumerate(events, 1):
        journal.append_by_person(run, [event], now=start + timedelta(seconds=number * seconds))
    run.refresh_from_db()
    return run


def event(type_: EventType, name: str = "", *, partition: int = 0, attempt: int = 1, **payload: Any) -> NewEvent:
    return NewEvent(type_, name, partition, attempt, payload)
