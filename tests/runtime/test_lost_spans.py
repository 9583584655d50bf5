from datetime import timedelta

import pytest

from migrations_app.engine.events import Event, EventType
from migrations_app.runtime import leases, lost_spans, tracing
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.lost_spans import held, steps_of
from tests.runs import AT, a_run


def event(second: int, kind: EventType, step: str = "", **payload: object) -> Event:
    return Event(second, AT + timedelta(seconds=second), kind, step, 0, 1, payload)


def test_steps_are_as_the_journal_has_them() -> None:
    """One that began earlier is left out, one that has no outcome was being done."""
    events = [
        event(1, EventType.STEP_SUCCEEDED, "before"),
        event(2, EventType.STEP_STARTED, "copy"),
        event(3, EventType.CHECKPOINT_SAVED, "copy", done=10),
        event(5, EventType.CHECKPOINT_SAVED, "copy", done=20),
        event(6, EventType.STEP_SUCCEEDED, "copy"),
        event(6, EventType.STEP_STARTED, "check"),
        event(7, EventType.STEP_FAILED, "check"),
        event(8, EventType.UNDO_STARTED, "copy"),
        event(9, EventType.LOGGED, "copy"),
    ]
    copy, check, undo = steps_of(events)
    assert (copy.name, copy.began, copy.ended, copy.failed) == ("step copy", events[1].at, events[4].at, "")
    assert copy.batches == [(events[1].at, events[2].at, 10), (events[2].at, events[3].at, 20)]
    assert (check.name, check.failed) == ("step check", "failed")
    assert (undo.name, undo.ended) == ("undo copy", None)


class Listening(tracing.Off):
    on = True

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def over(self, name, facts, *, began, ended, parent="", failed="") -> str:
        assert began <= ended
        self.told.append((name, parent, failed))
        return name


@pytest.mark.django_db(transaction=True)
def test_a_driver_that_died_before_it_wrote_anything_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = Scope(a_run().pk)
    assert held(scope) is None
    leases.claim(scope, "dead", 60, "above")
    assert held(scope) is None  # nothing is traced

    listening = Listening()
    monkeypatch.setattr(lost_spans, "tracer", lambda: listening)
    dead = held(scope)
    assert dead is not None
    assert (dead.token, dead.traceparent) == (1, "above")
    lost_spans.tell(scope, dead)
    assert listening.told == [("run attempt", "above", "died")]
