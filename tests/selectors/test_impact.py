from datetime import timedelta

import pytest

from migrations_app.engine.impact import Figures, Metric
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import ImpactSample, Run
from migrations_app.selectors.impact import impact_of, run_impact
from migrations_app.selectors.refusals import NotFound
from tests.runs import AT, migration, plan, queued, step, target

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(cast):
    """From 100 s to 200 s after AT, from a SQLite file to a Redis."""
    rows = (target("a"), target("b", {"store": "redis", "host": "r.example"}))
    run = queued(migration(plan([step("transfer")], rows), rows))
    Run.objects.filter(pk=run.pk).update(
        state=RunState.SUCCEEDED, started_at=AT + timedelta(seconds=100), ended_at=AT + timedelta(seconds=200)
    )
    run.refresh_from_db()
    return run


def read(run: Run, role: str, second: int, **values) -> None:
    ImpactSample.objects.create(run=run, role=role, at=AT + timedelta(seconds=second), **values)


def test_figures_are_of_what_was_read_before_during_and_after(run, settings):
    settings.SNAKEWEB_IMPACT_SECONDS = 5
    for second, latency, count in (
        (98, 100, 1000),
        (99, 120, 1010),
        (110, 900, 2110),
        (120, 700, 3110),
        (205, 90, 3195),
    ):
        read(run, "target", second, latency_us=latency, operations=count, memory_bytes=10 * second, connections=3)

    found = impact_of(run, now=AT + timedelta(seconds=230))

    source, sink = found.targets
    told = {metric.metric: metric for metric in sink.metrics}
    assert (sink.role, sink.name, sink.kind, sink.readings) == ("target", "b", "redis", 5)
    assert told[Metric.LATENCY].before == Figures(2, 110, 120)
    assert told[Metric.LATENCY].during == Figures(2, 800, 900)
    assert told[Metric.LATENCY].after == Figures(1, 90, 90)
    assert told[Metric.OPERATIONS].before == Figures(1, 10, 10)
    assert told[Metric.OPERATIONS].during == Figures(2, 100, 100)
    assert "memory" in told[Metric.SIZE].not_told
    assert source.readings == 0
    assert "no server" in {metric.metric: metric.not_told for metric in source.metrics}[Metric.OPERATIONS]
    assert found.goes_on
    assert not impact_of(run, now=AT + timedelta(seconds=261)).goes_on


def test_failed_readings_in_a_row_are_one_gap(run):
    for second, gap in ((10, ""), (15, "gone"), (20, "gone still"), (25, ""), (30, "again")):
        read(run, "source", second, gap=gap, latency_us=None if gap else 5)

    (source, _) = impact_of(run, now=AT).targets

    assert [(gap.count, gap.why) for gap in source.gaps] == [(2, "gone"), (1, "again")]
    assert source.readings == 2


def test_of_a_run_that_nobody_read_there_is_nothing_to_show(run, settings):
    settings.SNAKEWEB_IMPACT_SECONDS = 5
    assert not impact_of(run, now=AT + timedelta(days=1)).shows
    settings.SNAKEWEB_IMPACT_SECONDS = 0
    assert not impact_of(run, now=AT).shows


def test_who_may_not_see_the_run_sees_nothing_of_its_targets(run, cast, now):
    with pytest.raises(NotFound):
        run_impact(actor=cast.actors["outsider"], run_id=run.pk, now=now)
