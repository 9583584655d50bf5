"""Rows as the journal leaves them, read for the people who may see them."""

from datetime import timedelta

import pytest

from migrations_app.engine.trends import Span
from migrations_app.models import StepRun
from migrations_app.selectors import trends as reads
from migrations_app.selectors.trends import TrendFilters, trends
from tests.past_runs import past_run
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


@pytest.fixture
def past(stage):
    """Three successes, one that undid itself, one cancelled, one of other stores, a dry run, one of long ago."""
    revision, now = newest(stage.planned()), stage.now
    made = [past_run(revision, now - WEEK * number, seconds=100, sessions=1_000 * (number + 1)) for number in range(3)]
    past_run(revision, now, seconds=9_000, sessions=7, state="rolled_back")
    past_run(revision, now, seconds=9_000, state="cancelled")
    past_run(revision, now, seconds=500, stores="redis to sqlite")
    dry = past_run(revision, now, seconds=1)
    dry.kind = "dry_run"
    dry.save(update_fields=["kind"])
    past_run(revision, now - WEEK * 30, seconds=77)
    return made


def test_what_ended_is_counted_timed_and_measured(stage, past):
    checked = past[0]
    StepRun.objects.create(  # reads more than it moves: no throughput
        run=checked, step="verify", state="succeeded", done=10**9, started_at=stage.now, ended_at=stage.now + WEEK
    )
    found = trends(actor=stage.operator, now=stage.now, filters=TrendFilters(stores="sqlite to sqlite"))

    assert (found.figures.runs, found.figures.succeeded, found.figures.failed) == (5, 3, 1)
    assert (found.figures.median_seconds, found.figures.records_per_second, found.figures.unit) == (100, 20, "sessions")
    assert [each.figures.runs for each in found.periods[-3:]] == [1, 1, 3]
    assert found.pairs == ("redis to sqlite", "sqlite to sqlite")
    assert found.looked_at_all
    assert found.since == found.periods[0].begin


def test_filters_and_time(stage, past):
    def of(**filters):
        return trends(actor=stage.operator, now=stage.now, filters=TrendFilters(**filters)).figures.runs

    assert (of(), of(span=Span.YEAR), of(span=Span.MONTH)) == (6, 7, 6)
    assert of(environment=stage.environment.name, type="session_migration", stores="redis to sqlite") == 1
    assert (of(environment="nowhere"), of(type="data_migration"), of(stores="x")) == (0, 0, 0)


def test_nobody_learns_of_places_that_they_may_not_see(stage, past, cast):
    found = trends(actor=cast.actors["outsider"], now=stage.now, filters=TrendFilters(span=Span.YEAR))
    assert (found.figures.runs, found.groups, found.pairs) == (0, (), ())


def test_of_too_many_the_newest_are_looked_at_and_it_says_so(stage, past, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(reads, "MOST_RUNS", 4)
    with django_assert_max_num_queries(9):
        found = trends(actor=stage.operator, now=stage.now, filters=TrendFilters())
    assert (found.figures.runs, found.looked_at_all) == (4, False)
    assert found.since == stage.now
