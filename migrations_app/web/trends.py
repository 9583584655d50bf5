"""Durations, throughput and failures over time, drawn and as tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.engine.trends import Span, TrendFigures, TrendGroup
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.selectors.environments import list_environments
from migrations_app.selectors.trends import TrendFilters, Trends, trends
from migrations_app.web.chart import Chart, Point, draw
from migrations_app.web.requests import PageRequest
from migrations_app.web.sparkline import Sparkline
from migrations_app.web.sparkline import draw as sparkline
from migrations_app.web.wording import compact, duration

SPANS = {Span.MONTH: "30 days, by day", Span.QUARTER: "13 weeks, by week", Span.YEAR: "a year, by four weeks"}
_SIZES = ((2 * 86_400, 86_400, "days"), (2 * 3600, 3600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))


@dataclass(frozen=True, slots=True)
class Line:
    """A group of runs; `said` is its curve of durations in a sentence."""

    group: TrendGroup
    drawn: Sparkline
    said: str


@require_safe
@login_required
def trend_page(request: PageRequest) -> HttpResponse:
    filters = _filters(request)
    found = trends(actor=request.actor, now=timezone.now(), filters=filters)
    context = {
        "found": found,
        "charts": charts_of(found),
        "lines": lines_of(found),
        "filters": filters,
        "spans": [(str(span), label) for span, label in SPANS.items()],
        "environments": list_environments(actor=request.actor),
        "types": list(MigrationType),
    }
    return render(request, "trends.html#results" if request.htmx else "trends.html", context)


def _filters(request: PageRequest) -> TrendFilters:
    """An address with an odd span shows the usual one."""
    span = request.GET.get("span", "")
    return TrendFilters(
        environment=request.GET.get("environment", ""),
        type=request.GET.get("type", ""),
        stores=request.GET.get("stores", ""),
        span=Span(span) if span in set(Span) else Span.QUARTER,
    )


def charts_of(found: Trends) -> tuple[Chart, ...]:
    """A period without runs is no gap in a line: the line goes on to the next period that has some."""
    longest = max((each.figures.median_seconds or 0 for each in found.periods), default=0)
    size, unit = next((size, unit) for least, size, unit in _SIZES if longest >= least)
    records = found.figures.unit or "records"

    def tenths(figures: TrendFigures) -> int | None:
        return None if figures.median_seconds is None else round(10 * figures.median_seconds / size)

    def per_second(figures: TrendFigures) -> int | None:
        return figures.records_per_second

    def failures(figures: TrendFigures) -> int | None:
        return figures.failure_percent

    return (
        _chart(found, "durations", "Duration", f"{unit}, median", tenths, _of_tenths),
        _chart(found, "throughput", "Throughput", f"{records} a second, median", per_second, compact),
        _chart(found, "failures", "Failures", "% of runs", failures, str),
    )


def _chart(
    found: Trends,
    id_: str,
    title: str,
    unit: str,
    value: Callable[[TrendFigures], int | None],
    label: Callable[[int], str],
) -> Chart:
    begins = [each.begin for each in found.periods]
    points = _known(begins, [value(each.figures) for each in found.periods])
    return draw(id_, title, unit, points, begins[0], begins[-1], label, dotted=True)


def lines_of(found: Trends) -> Sequence[Line]:
    begins = [each.begin for each in found.periods]
    return [
        Line(group, sparkline(_known(begins, group.durations), begin=begins[0], end=begins[-1]), _said(group))
        for group in found.groups
    ]


def _known(begins: Sequence[datetime], values: Sequence[int | None]) -> list[Point]:
    return [(at, value) for at, value in zip(begins, values, strict=True) if value is not None]


def _of_tenths(tenths: int) -> str:
    return f"{tenths / 10:,.1f}".removesuffix(".0")


def _said(group: TrendGroup) -> str:
    known = [each for each in group.durations if each is not None]
    if not known:
        return "No run of these succeeded."
    return f"Median duration: {duration(known[0])} in the first of these periods, {duration(known[-1])} in the last."
