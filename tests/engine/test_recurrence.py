"""Every day that a rule names is the one that python-dateutil, an implementation of others, names too."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.engine.recurrence import Recurrence, parse

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime.fromisoformat("2026-01-31T02:30")


def rule(text: str) -> Recurrence:
    found, problems = parse(text, field="recurrence")
    assert found is not None, problems
    return found


def starts(text: str, first: datetime, *, after: datetime | None = None, days: int = 1200) -> list[datetime]:
    begins = after or first
    return list(rule(text).starts(first, BERLIN, after=begins, before=begins + timedelta(days=days)))


def numbers(least: int, most: int, size: int = 3) -> st.SearchStrategy[str]:
    inside = st.integers(least, most).filter(bool)
    return st.lists(inside, min_size=1, max_size=size, unique=True).map(lambda all_: ",".join(map(str, all_)))


WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
PLAIN_DAYS = st.lists(WEEKDAYS, min_size=1, max_size=3, unique=True).map(",".join)
ORDINAL_DAYS = st.lists(
    st.tuples(st.integers(-4, 4).filter(bool), WEEKDAYS).map(lambda pair: f"{pair[0]}{pair[1]}"),
    min_size=1,
    max_size=2,
    unique=True,
).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that both understand alike (dateutil reads a mix of `MO` and `1MO` in a way of its own), and that occur:
    dateutil looks for the others until the year 9999."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    numbered = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
    by_day = draw(ORDINAL_DAYS if numbered else st.none() | PLAIN_DAYS)
    by_month = draw(st.none() | numbers(1, 12))
    options = {
        "INTERVAL": 1 if by_month and frequency != "YEARLY" else draw(st.integers(1, 5)),
        "BYMONTH": by_month,
        "BYMONTHDAY": None if frequency == "WEEKLY" or numbered else draw(st.none() | numbers(-28, 28)),
        "BYDAY": by_day,
        "BYSETPOS": draw(st.sampled_from([None, "1", "-1", "1,-1"])) if by_day else None,
        "WKST": draw(st.none() | WEEKDAYS),
    }
    parts = [f"FREQ={frequency}", *(f"{name}={value}" for name, value in options.items() if value)]
    return ";".join([*parts, *draw(st.sampled_from([[], ["COUNT=7"], ["UNTIL=20270115"], ["UNTIL=20270115T023000"]]))])


@given(
    rules(),
    st.datetimes(datetime.fromisoformat("2026-01-01T00:00"), datetime.fromisoformat("2028-03-01T00:00")).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
    st.integers(0, 900),
)
@settings(max_examples=100, deadline=None)
def test_the_days_are_those_of_dateutil(text: str, first: datetime, later: int) -> None:
    after = first + timedelta(days=later)
    whole_day = "T235959" if text.endswith("UNTIL=20270115") else ""
    theirs = rrulestr(text + whole_day, dtstart=first)
    before = after + timedelta(days=1200)

    assert starts(text, first, after=after) == [at for at in theirs.xafter(after, count=1500, inc=True) if at < before]


def test_an_end_in_utc_is_an_instant() -> None:
    first = datetime.fromisoformat("2026-03-27T02:30")

    assert [at.day for at in starts("FREQ=DAILY;UNTIL=20260330T003000Z", first)] == [27, 28, 29, 30]
    assert [at.day for at in starts("FREQ=DAILY;UNTIL=20260330T002959Z", first)] == [27, 28, 29]


def test_a_mix_of_numbered_and_plain_weekdays_is_their_union() -> None:
    found = starts("FREQ=MONTHLY;BYDAY=1SA,SU", datetime.fromisoformat("2026-08-01T02:00"), days=31)

    assert [at.day for at in found] == [1, 2, 9, 16, 23, 30]


def test_small_letters_and_the_name_in_front_are_taken() -> None:
    assert rule("RRULE:freq=weekly;byday=sa") == rule("FREQ=WEEKLY;BYDAY=SA")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_rule"),
        ("every saturday", "not_a_rule"),
        ("FREQ=SECONDLY", "too_often"),
        ("FREQ=MINUTELY;INTERVAL=90", "too_often"),
        ("FREQ=HOURLY", "too_often"),
        ("FREQ=FORTNIGHTLY", "invalid"),
        ("INTERVAL=2", "invalid"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=DAILY;BYHOUR=2,14", "unsupported"),
        ("FREQ=DAILY;BYEASTER=0", "unsupported"),
        ("FREQ=YEARLY;BYWEEKNO=7", "unsupported"),
        ("FREQ=DAILY;INTERVAL=0", "not_a_rule"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "not_a_rule"),
        ("FREQ=DAILY;COUNT=1001", "not_a_rule"),
        ("FREQ=DAILY;UNTIL=20261341", "not_a_rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "not_a_rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "not_a_rule"),
        ("FREQ=MONTHLY;BYDAY=0MO", "not_a_rule"),
        ("FREQ=MONTHLY;BYDAY=54MO", "not_a_rule"),
        ("FREQ=WEEKLY;BYDAY=XX", "not_a_rule"),
        ("FREQ=WEEKLY;BYDAY=1SA", "contradiction"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "contradiction"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "contradiction"),
        ("FREQ=DAILY;BYSETPOS=1", "contradiction"),
    ],
)
def test_a_rule_that_cannot_be_used_says_why(text: str, code: str) -> None:
    found, problems = parse(text, field="recurrence")

    assert found is None
    assert code in {problem.code for problem in problems}
    assert all(problem.field == "recurrence" and problem.message and problem.fix for problem in problems)


def test_every_problem_is_named_at_once() -> None:
    assert {problem.code for problem in parse("FREQ=HOURLY;BYHOUR=3;x", field="r")[1]} == {
        "too_often",
        "unsupported",
        "not_a_rule",
    }


def test_a_rule_that_never_occurs_costs_no_more_than_the_search_allows() -> None:
    assert starts("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", FIRST, days=3660) == []
