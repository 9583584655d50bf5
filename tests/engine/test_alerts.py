from datetime import UTC, datetime, time, timedelta

import pytest

from migrations_app.engine.alerts import CONDITIONS, LIMITS, AlertCause, filled, quiet_until, unknown_placeholders


def test_a_template_says_what_is_in_the_closed_set_and_nothing_else() -> None:
    template = "{text} at {at}: {run.environment} {__class__} {text}"

    assert unknown_placeholders(template) == ["run.environment", "__class__"]
    assert filled("{text}! {link}", {"text": "{link}", "link": "/runs/1/"}) == "{link}! /runs/1/"


@pytest.mark.parametrize(("hour", "until"), [(21, None), (22, 6), (23, 6), (0, 6), (5, 6), (6, None), (12, None)])
def test_quiet_hours_may_lie_across_midnight(hour: int, until: int | None) -> None:
    now = datetime(2026, 3, 1, hour, 30, tzinfo=UTC) - timedelta(minutes=30 if hour in (6, 22) else 0)
    ends = quiet_until(now, "UTC", time(22), time(6))

    assert (ends.hour if ends else None) == until
    assert ends is None or now < ends <= now + timedelta(hours=8)


def test_quiet_hours_are_local_time() -> None:
    assert quiet_until(datetime(2026, 7, 1, 20, 30, tzinfo=UTC), "Europe/Berlin", time(22), time(6)) == datetime(
        2026, 7, 2, 4, tzinfo=UTC
    )
    assert quiet_until(datetime(2026, 7, 1, 20, 30, tzinfo=UTC), "UTC", None, None) is None


def test_every_cause_has_words_and_limits_belong_to_conditions() -> None:
    assert all(cause.words for cause in AlertCause)
    assert set(LIMITS) <= CONDITIONS


@pytest.mark.parametrize(("begins", "ends"), [(time(22), time(2, 30)), (time(2, 5), time(2, 30))])
def test_a_local_time_that_comes_twice_ends_them_after_now(begins: time, ends: time) -> None:
    """In Berlin the hour from two to three came twice on that day; both its times are within the quiet hours."""
    for minute in range(6, 30):
        for hour in (0, 1):  # UTC
            now = datetime(2026, 10, 25, hour, minute, tzinfo=UTC)
            assert quiet_until(now, "Europe/Berlin", begins, ends) == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
