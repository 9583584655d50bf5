from migrations_app.engine.risk.words import time_words


def test_long_times_are_said_in_minutes() -> None:
    assert [time_words(seconds) for seconds in (0, 119, 120, 7276)] == ["0 s", "119 s", "2 min", "121 min"]
