"""A short history of a route: one number a series and span of five seconds, six hours long, in a ring of rows.

A span's sample is the greatest of what was reported in it, so that no peak is lost between two looks.
"""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from migrations_app.engine.vocabulary import RouteSeries
from migrations_app.models import RouteSample
from migrations_app.models.route import PLACES, span_of


def keep(route_id: int, series: RouteSeries, value: int, *, now: datetime) -> None:
    """One update for a span that has a sample already; the row of six hours ago is written over otherwise."""
    span = span_of(now)
    row: dict[str, Any] = {"route_id": route_id, "series": series, "place": span % PLACES}
    if not RouteSample.objects.filter(**row, span=span).update(value=Greatest(F("value"), value)):
        RouteSample.objects.update_or_create(**row, defaults={"span": span, "value": value})
