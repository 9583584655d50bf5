from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from migrations_app.engine.trends import (
    MIXED,
    EndedRun,
    Outcome,
    Span,
    beginnings,
    figures_of,
    groups_of,
    outcome_of,
    periods_of,
)
from migrations_app.engine.vocabulary import RunState

NOW = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)


def run(seconds: float = 10, *, ago: timedelta = timedelta(), outcome: Outcome = Outcome.SUCCEEDED, **more) -> EndedRun:
    return EndedRun(NOW - ago, outcome, seconds, **more)


@pytest.mark.parametrize(
    ("state", "has_error", "outcome"),
    [
        (RunState.SUCCEEDED, False, Outcome.SUCCEEDED),
        (RunState.FAILED, True, Outcome.FAILED),
        (RunState.STUCK, False, Outcome.FAILED),
        (RunState.ROLLED_BACK, True, Outcome.FAILED),
        (RunState.ROLLED_BACK, False, Outcome.STOPPED),
        (RunState.CANCELLED, False, Outcome.STOPPED),
    ],
)
def test_what_undid_itself_has_failed_and_what_a_person_took_back_has_not(state, has_error, outcome):
    assert outcome_of(state, has_error=has_error) is outcome


def test_times_are_of_successes_and_failures_of_all():
    runs = [run(seconds) for seconds in (10, 20, 30, 40, 50, 60, 70, 80, 90, 1_000)]
    runs += [run(5_000, outcome=Outcome.FAILED), run(5_000, outcome=Outcome.STOPPED)]

    told = figures_of(runs)

    assert (told.runs, told.succeeded, told.failed, told.failure_percent) == (12, 10, 1, 8)
    assert (told.median_seconds, told.within_seconds) == (55, 90)


def test_nothing_is_said_of_no_run():
    told = figures_of([])
    assert (told.runs, told.failure_percent, told.median_seconds, told.records_per_second) == (0, None, None, None)


def test_throughput_is_the_median_of_those_that_moved_something():
    moved = [
        run(records=1_000, moving_seconds=seconds, unit=unit)
        for seconds, unit in ((1, "rows"), (2, "rows"), (4, "rows"))
    ]
    assert (figures_of([*moved, run()]).records_per_second, figures_of(moved).unit) == (500, "rows")
    assert figures_of([*moved, run(records=1, moving_seconds=1, unit="sessions")]).unit == MIXED


@pytest.mark.parametrize("span", Span)
def test_periods_lie_side_by_side_and_the_last_one_is_that_of_today(span):
    begins = beginnings(span, NOW)
    first, last = run(ago=NOW - begins[0]), run()
    periods = periods_of([first, last, run(ago=timedelta(days=span.days))], span, NOW)

    assert [each.begin for each in periods] == list(begins)
    assert all(before.end == after.begin for before, after in pairwise(periods))
    assert periods[-1].end == datetime(2027, 3, 11, tzinfo=UTC)
    assert (periods[0].figures.runs, periods[-2].figures.runs, periods[-1].figures.runs) == (1, 1, 1)


def test_runs_of_one_pair_type_and_place_stand_together():
    here = {"stores": "redis to postgres", "type": "session_migration", "environment": "dev"}
    runs = [run(10, **here), run(30, **here), run(99, **{**here, "environment": "prod"})]

    one, other = groups_of(runs, Span.QUARTER, NOW)

    assert (one.environment, one.figures.runs, one.figures.median_seconds) == ("dev", 2, 20)
    assert one.durations == (None,) * 12 + (20,)
    assert (other.environment, other.figures.runs) == ("prod", 1)
