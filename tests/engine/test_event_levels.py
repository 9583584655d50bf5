from datetime import UTC, datetime

import pytest

from migrations_app.engine.event_levels import EventLevel, level_of
from migrations_app.engine.events import Event, EventType

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "payload", "level"),
    [
        (EventType.CHECKPOINT_SAVED, {"done": 5}, "detail"),
        (EventType.LOGGED, {"level": "info"}, "detail"),
        (EventType.LOGGED, {"level": "shout"}, "detail"),
        (EventType.LOGGED, {}, "detail"),
        (EventType.LOGGED, {"level": "warning"}, "warning"),
        (EventType.STEP_STARTED, {}, "info"),
        (EventType.RUN_TAKEN_OVER, {}, "warning"),
        (EventType.RUN_STUCK, {}, "error"),
    ],
)
def test_a_level_follows_from_type_and_payload(type_, payload, level):
    assert level_of(Event(1, AT, type_, payload=payload)) == level


def test_levels_are_ranked():
    assert EventLevel.WARNING.and_above == (EventLevel.WARNING, EventLevel.ERROR)
    assert EventLevel.DETAIL.and_above == tuple(EventLevel)
