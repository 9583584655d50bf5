from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import RouteSeries
from migrations_app.models import RouteSample
from migrations_app.models.route import PLACES, SPAN_SECONDS, span_of
from migrations_app.runtime.route_samples import keep
from tests.hand_overs import route
from tests.runs import AT

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def kept() -> list[tuple[str, int, int]]:
    return list(RouteSample.objects.order_by("series", "span").values_list("series", "span", "value"))


def test_a_span_keeps_its_peak_and_each_series_its_own() -> None:
    row = route()
    for seconds, value in ((0, 30), (1, 80), (2, 10), (SPAN_SECONDS, 20)):
        keep(row.pk, RouteSeries.LAG, value, now=AT + timedelta(seconds=seconds))
    keep(row.pk, RouteSeries.ADDED, 210, now=AT)

    span = span_of(AT)
    assert kept() == [("added_us", span, 210), ("lag_ms", span, 80), ("lag_ms", span + 1, 20)]


def test_what_is_older_than_the_ring_is_written_over() -> None:
    row = route()
    keep(row.pk, RouteSeries.LAG, 900, now=AT)
    keep(row.pk, RouteSeries.LAG, 5, now=AT + timedelta(seconds=PLACES * SPAN_SECONDS))

    assert kept() == [("lag_ms", span_of(AT) + PLACES, 5)]
