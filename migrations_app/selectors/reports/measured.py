"""What was measured while a run went on: its pace, what the route's callers felt of it, and what its targets did.

Whatever else samples a run adds its series here; every form shows them, and the digest covers them.
"""

from collections.abc import Mapping

from migrations_app.engine.hiding import redact_text
from migrations_app.engine.impact import Figures, Metric
from migrations_app.selectors.impact import MetricImpact, RunImpact, TargetImpact
from migrations_app.selectors.reports.measurements import (
    GapReport,
    ImpactReport,
    MetricReport,
    PeriodReport,
    Point,
    Series,
)
from migrations_app.selectors.run_charts import Curve, RunCharts

TITLES: Mapping[Metric, str] = {
    Metric.LATENCY: "Answer time",
    Metric.OPERATIONS: "Operations",
    Metric.MEMORY: "Memory",
    Metric.CONNECTIONS: "Connections",
    Metric.PROCESSES: "Processes",
    Metric.SIZE: "Size",
}


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


def impact_of(impact: RunImpact) -> tuple[ImpactReport, ...]:
    """Of every target that has a gauge and was read, or could not be."""
    return tuple(_target(target) for target in impact.targets if target.readings or target.gaps)


def _target(target: TargetImpact) -> ImpactReport:
    return ImpactReport(
        role=target.role,
        name=target.name,
        kind=target.kind,
        readings=target.readings,
        metrics=tuple(map(_metric, target.metrics)),
        gaps=tuple(GapReport(gap.since, gap.until, gap.count, redact_text(gap.why)) for gap in target.gaps),
    )


def _metric(told: MetricImpact) -> MetricReport:
    return MetricReport(
        metric=told.metric.value,
        title=TITLES[told.metric],
        unit=told.unit,
        before=_period(told.before),
        during=_period(told.during),
        after=_period(told.after),
        values=tuple(Point(value.at, value.value) for value in told.values),
        not_told=told.not_told,
    )


def _period(figures: Figures | None) -> PeriodReport | None:
    return None if figures is None else PeriodReport(figures.count, figures.median, figures.p95)
