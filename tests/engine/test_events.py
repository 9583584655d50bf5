from migrations_app.engine.events import EVENT_FORMAT, Event, EventType, NewEvent
from migrations_app.testing.memory import START


def test_events_are_named_in_the_past_tense_and_fit_the_column() -> None:
    ends = ("ed", "en", "er", "Stuck", "Over", "Back", "Given")
    assert all(event.value.endswith(ends) for event in EventType)
    assert max(len(event) for event in EventType) <= 24


def test_an_event_carries_this_format_unless_it_says_otherwise() -> None:
    assert Event(1, START, EventType.RUN_QUEUED).format == EVENT_FORMAT
    assert NewEvent(EventType.LOGGED).payload == {}
