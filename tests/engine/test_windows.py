"""Openings of windows, above all where clocks change: the rule is in the docstring of `engine/windows.py`."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from migrations_app.engine.recurrence import parse
from migrations_app.engine.windows import Hours, Opening, Rhythm, Window, hours, joined, rhythm_of


def window(zone: str, first: str, rule: str = "FREQ=DAILY", minutes: int = 120, name: str = "nightly") -> Window:
    found = parse(rule, field="recurrence")[0] if rule else None
    return Window(name, Rhythm(ZoneInfo(zone), datetime.fromisoformat(first), found), minutes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# zone, local start, the day before, of, and after the change: opening and closing in UTC, each two hours later.
CHANGES = [
    # Spring: 02:00 becomes 03:00, so 02:30 does not exist and is read as 03:30 by the offset before.
    ("Europe/Berlin", "2026-03-20T02:30", "2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"),
    ("America/New_York", "2026-03-01T02:30", "2026-03-07 07:30", "2026-03-08 07:30", "2026-03-09 06:30"),
    ("Australia/Sydney", "2026-09-20T02:30", "2026-10-02 16:30", "2026-10-03 16:30", "2026-10-04 15:30"),
    ("America/Santiago", "2026-08-20T00:30", "2026-09-05 04:30", "2026-09-06 04:30", "2026-09-07 03:30"),
    # Autumn: the hour from 02:00 comes twice, and 02:30 is the first of the two.
    ("Europe/Berlin", "2026-10-01T02:30", "2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"),
    ("America/New_York", "2026-10-01T01:30", "2026-10-31 05:30", "2026-11-01 05:30", "2026-11-02 06:30"),
    ("Australia/Sydney", "2026-03-20T02:30", "2026-04-03 15:30", "2026-04-04 15:30", "2026-04-05 16:30"),
    ("Australia/Lord_Howe", "2026-03-20T01:45", "2026-04-03 14:45", "2026-04-04 14:45", "2026-04-05 15:15"),
    # A zone that never changes.
    ("Asia/Kolkata", "2026-03-20T02:30", "2026-03-27 21:00", "2026-03-28 21:00", "2026-03-29 21:00"),
]


@pytest.mark.parametrize(("zone", "first", "before", "of", "after"), CHANGES)
def test_openings_around_a_change_of_the_clocks(zone: str, first: str, before: str, of: str, after: str) -> None:
    wanted = [utc(before), utc(of), utc(after)]

    found = window(zone, first).openings(after=wanted[0] - timedelta(minutes=1), before=wanted[2] + timedelta(hours=1))

    assert [each.opens_at for each in found] == wanted
    assert {each.closes_at - each.opens_at for each in found} == {timedelta(hours=2)}


def test_a_length_is_elapsed_time_across_the_change() -> None:
    """Six hours from 00:00 local: until 07:00 on the spring day, until 05:00 on the autumn day."""
    over_spring = window("Europe/Berlin", "2026-03-20T00:00", minutes=360)
    over_autumn = window("Europe/Berlin", "2026-10-20T00:00", minutes=360)
    spring = over_spring.openings(after=utc("2026-03-28 23:00"), before=utc("2026-03-28 23:01"))
    autumn = over_autumn.openings(after=utc("2026-10-24 22:00"), before=utc("2026-10-24 22:01"))

    local = lambda each: each.closes_at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M")  # noqa: E731
    assert ([local(each) for each in spring], [local(each) for each in autumn]) == (["07:00"], ["05:00"])


def test_the_doubled_hour_is_one_opening() -> None:
    found = window("Europe/Berlin", "2026-10-01T02:15", minutes=30).openings(
        after=utc("2026-10-24 20:00"), before=utc("2026-10-25 20:00")
    )

    assert found == [Opening(utc("2026-10-25 00:15"), utc("2026-10-25 00:45"), "nightly")]


def test_a_window_of_saturdays_is_open_from_its_first_second_and_closed_at_its_last() -> None:
    saturdays = [window("Europe/Berlin", "2026-11-28T02:00", "FREQ=WEEKLY;BYDAY=SA", 180)]
    opens, closes = utc("2026-11-28 01:00"), utc("2026-11-28 04:00")
    second = timedelta(seconds=1)

    assert hours(saturdays, opens - second) == Hours(opens_at=opens)
    assert hours(saturdays, opens) == Hours(open_until=closes)
    assert hours(saturdays, closes - second) == Hours(open_until=closes)
    assert hours(saturdays, closes) == Hours(opens_at=utc("2026-12-05 01:00"))


def test_an_environment_without_windows_has_no_hours() -> None:
    assert hours([], utc("2026-11-28 01:00")) is None


def test_a_window_of_one_time_that_is_over_opens_no_more() -> None:
    once = [window("UTC", "2026-11-28T02:00", rule="")]

    assert hours(once, utc("2026-11-28 03:00")) == Hours(open_until=utc("2026-11-28 04:00"))
    assert hours(once, utc("2026-11-28 04:00")) == Hours()


def test_windows_that_touch_are_open_until_the_last_of_them_closes() -> None:
    two = [window("UTC", "2026-01-01T01:00", minutes=60), window("UTC", "2026-01-01T02:00", minutes=60, name="late")]

    assert hours(two, utc("2026-05-01 01:30")) == Hours(open_until=utc("2026-05-01 03:00"))
    after, before = utc("2026-05-01 01:10"), utc("2026-05-01 02:10")
    (stretch,) = joined(each for one in two for each in one.openings(after=after, before=before))
    assert stretch == Opening(utc("2026-05-01 01:00"), utc("2026-05-01 03:00"), "nightly, late")


def test_of_several_windows_the_next_to_open_is_named() -> None:
    two = [window("UTC", "2027-05-01T01:00", "FREQ=YEARLY"), window("UTC", "2026-01-01T02:00", "FREQ=MONTHLY")]

    assert hours(two, utc("2026-12-02 00:00")) == Hours(opens_at=utc("2027-01-01 02:00"))
    assert hours(two[:1], utc("2027-06-02 00:00")) == Hours(opens_at=utc("2028-05-01 01:00"))


@pytest.mark.parametrize(
    ("zone", "first", "rule", "field", "code"),
    [
        ("Europe/Atlantis", "2026-01-01T02:00", "", "zone", "unknown"),
        ("Europe", "2026-01-01T02:00", "", "zone", "unknown"),
        ("../../etc/passwd", "2026-01-01T02:00", "", "zone", "unknown"),
        ("", "2026-01-01T02:00", "", "zone", "unknown"),
        ("UTC", "1970-01-01T02:00", "", "first", "out_of_range"),
        ("UTC", "9999-12-31T02:00", "FREQ=DAILY", "first", "out_of_range"),
        ("UTC", "2026-01-01T02:00", "FREQ=SECONDLY", "recurrence", "too_often"),
        ("UTC", "2026-01-01T02:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "recurrence", "never"),
        ("UTC", "2026-01-02T02:00", "FREQ=DAILY;UNTIL=20260101", "recurrence", "never"),
        ("UTC", "2026-01-02T02:00", "FREQ=DAILY;BYDAY=MO;BYSETPOS=2", "recurrence", "never"),
    ],
)
def test_a_window_that_makes_no_sense_says_which_field(zone: str, first: str, rule: str, field: str, code: str) -> None:
    found, problems = rhythm_of(zone=zone, first=datetime.fromisoformat(first), rule=rule)

    assert found is None
    assert [(problem.field, problem.code) for problem in problems] == [(field, code)]


def test_a_rare_rule_is_found_and_every_problem_is_named_at_once() -> None:
    leap = rhythm_of(
        zone="UTC", first=datetime.fromisoformat("2026-01-01T00:00"), rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"
    )[0]
    assert leap is not None
    assert leap.next(utc("2026-01-01 00:00")) == utc("2028-02-29 00:00")

    problems = rhythm_of(zone="nowhere", first=datetime.fromisoformat("1900-01-01T00:00"), rule="FREQ=HOURLY")[1]
    assert {problem.field for problem in problems} == {"zone", "first", "recurrence"}
