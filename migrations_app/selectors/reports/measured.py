"""What was measured while a run went on, as series: its pace, and what the route's callers felt of it.

Whatever else samples a run adds its series here; every form shows them, and the digest covers them.
"""

from migrations_app.selectors.reports.model import Point, Series
from migrations_app.selectors.run_charts import Curve, RunCharts


def series_of(charts: RunCharts) -> tuple[Series, ...]:
    found: list[Series] = []
    if charts.rate is not None:
        found.append(
            Series(
                name="rate",
                about="the run",
                title=f"{charts.rate.step.replace('_', ' ').capitalize()} rate",
                unit=f"{charts.rate.unit or 'records'} a second",
                points=tuple(Point(sample.at, sample.per_second) for sample in charts.rate.samples),
            )
        )
    for name, title, unit, curve in (
        ("added_latency", "Latency added to live requests, p99", "µs", charts.added),
        ("relay_lag", "From a write to its copy, p99", "ms", charts.lag),
    ):
        if curve is not None and curve.readings:
            found.append(_series(name, title, unit, curve))
    return tuple(found)


def _series(name: str, title: str, unit: str, curve: Curve) -> Series:
    points = tuple(Point(reading.at, reading.value) for reading in curve.readings)
    return Series(name=name, about="the route", title=title, unit=unit, points=points, usual=curve.usual)
