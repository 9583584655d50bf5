from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import RouteSeries
from migrations_app.models import Run
from migrations_app.models.route import SPAN_SECONDS, span_of
from migrations_app.runtime.route_samples import keep
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_charts import POINTS, readings, run_charts
from tests.hand_overs import route, zero_downtime_run
from tests.runs import AT, a_run

pytestmark = pytest.mark.django_db
SPAN = timedelta(seconds=SPAN_SECONDS)


def test_a_zero_downtime_run_shows_what_its_route_felt_beside_what_was_usual(viewer):
    run = zero_downtime_run()
    Run.objects.filter(pk=run.pk).update(started_at=AT)
    row = route()
    for number in range(-10, 3):
        keep(row.pk, RouteSeries.ADDED, 200 if number < 0 else 900 + number, now=AT + number * SPAN)
    keep(row.pk, RouteSeries.LAG, 38, now=AT + SPAN)

    charts = run_charts(actor=viewer, run_id=run.pk, now=AT + 3 * SPAN)

    assert (charts.begin, charts.end, charts.is_final, charts.rate) == (AT, AT + 3 * SPAN, False, None)
    assert [reading.value for reading in charts.added.readings] == [900, 901, 902]
    assert (charts.added.usual, charts.lag.usual) == (200, None)
    assert [(reading.at, reading.value) for reading in charts.lag.readings] == [(AT, None), (AT + SPAN, 38)]


def test_a_run_without_a_route_has_no_curves_and_one_before_its_start_empty_ones(viewer):
    plain = run_charts(actor=viewer, run_id=a_run().pk, now=AT)
    assert (plain.lag, plain.added, plain.shows) == (None, None, False)

    run = zero_downtime_run(done=())
    charts = run_charts(actor=viewer, run_id=run.pk, now=AT)
    assert (charts.lag.readings, charts.added.readings, charts.shows) == ((), (), True)


def test_long_histories_are_thinned_and_keep_their_peaks():
    first = span_of(AT)
    samples = [(first + number, 5_000 if number == 777 else 10) for number in range(2_000)]

    thinned = readings(samples, AT, AT + 2_000 * SPAN)

    assert len(thinned) <= POINTS
    assert [reading.value for reading in thinned].count(5_000) == 1


def test_a_hidden_run_has_no_charts(outsider):
    with pytest.raises(NotFound):
        run_charts(actor=outsider, run_id=a_run().pk, now=AT)
