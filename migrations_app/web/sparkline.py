"""Readings of a run's targets as small curves: numbers for SVG attributes, with texts of the figures beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import filesizeformat

from migrations_app.engine.impact import Figures, Metric
from migrations_app.selectors.impact import MetricImpact, RunImpact
from migrations_app.web.chart import Point, stretches
from migrations_app.web.wording import compact, thousands

WIDTH, HEIGHT, EDGE = 160.0, 32.0, 2.0
MILLISECOND_US = 1000


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`lines` are SVG point lists, one a stretch without a gap; `marks` where the run began and ended."""

    lines: tuple[str, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureCell:
    """`text` is the median, `p95` the 95th percentile; both '–' without readings."""

    text: str
    p95: str
    count: int


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """A metric of one target as a line of a table. `said`: the curve in a sentence."""

    metric: Metric
    label: str
    unit: str
    cells: tuple[FigureCell, FigureCell, FigureCell]
    drawn: Sparkline
    said: str
    rows: tuple[tuple[datetime, str], ...]


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / MILLISECOND_US:,.2f}"


def _bytes(count: int) -> str:
    return filesizeformat(count).replace("\xa0", " ")


LABELS: Mapping[Metric, tuple[str, str, Callable[[int], str]]] = {
    Metric.LATENCY: ("Latency", "ms", _milliseconds),
    Metric.OPERATIONS: ("Operations", "a second", compact),
    Metric.MEMORY: ("Memory", "", _bytes),
    Metric.CONNECTIONS: ("Connections", "", thousands),
    Metric.PROCESSES: ("Processes", "", thousands),
    Metric.SIZE: ("Size", "", _bytes),
}


def impact_lines(impact: RunImpact, metrics: Sequence[MetricImpact]) -> tuple[ImpactLine, ...]:
    """Of what this kind of store tells."""
    return tuple(_line(impact, metric) for metric in metrics if not metric.not_told)


def untold(metrics: Sequence[MetricImpact]) -> tuple[str, ...]:
    """`Not told: operations and memory; a file has no server that would tell it.`, one sentence a reason."""
    reasons: dict[str, list[str]] = {}
    for metric in metrics:
        if metric.not_told:
            reasons.setdefault(metric.not_told, []).append(LABELS[metric.metric][0].lower())
    return tuple(f"Not told: {_listed(names)}; {why}." for why, names in reasons.items())


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _line(impact: RunImpact, told: MetricImpact) -> ImpactLine:
    label, unit, text = LABELS[told.metric]
    points: list[Point] = [(value.at, value.value) for value in told.values]
    known = [(at, value) for at, value in points if value is not None]
    cells = (_cell(told.before, text), _cell(told.during, text), _cell(told.after, text))
    said = ", ".join(
        f"{when} {cell.text}" for when, cell in zip(("before", "during", "after"), cells, strict=True) if cell.count
    )
    return ImpactLine(
        metric=told.metric,
        label=label,
        unit=unit,
        cells=cells,
        drawn=draw(points, begin=impact.begin, end=impact.end, marks=(impact.began, impact.ended)),
        said=f"{label}: {said or 'nothing was read'}.",
        rows=tuple((at, text(value)) for at, value in reversed(known)),
    )


def _cell(figures: Figures | None, text: Callable[[int], str]) -> FigureCell:
    if figures is None:
        return FigureCell("–", "–", 0)
    return FigureCell(text(figures.median), text(figures.p95), figures.count)


def draw(
    points: Sequence[Point],
    *,
    begin: datetime | None,
    end: datetime | None,
    marks: Sequence[datetime | None] = (),
) -> Sparkline:
    """From the least value to the greatest; nought is at the bottom when the least is near it, a level amid."""
    known = [value for _, value in points if value is not None]
    if begin is None or end is None or not known:
        return Sparkline((), ())
    length = max((end - begin).total_seconds(), 0.001)
    low, high = min(known), max(known)
    low = 0 if low < high / 2 else low

    def x(at: datetime) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * min(max((at - begin).total_seconds() / length, 0.0), 1.0)

    def y(value: int) -> float:
        return HEIGHT / 2 if low == high else HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / (high - low)

    return Sparkline(
        tuple(_line_of([(x(at), y(value)) for at, value in stretch]) for stretch in stretches(points)),
        tuple(f"{x(at):.1f}" for at in marks if at is not None and begin <= at <= end),
    )


def _line_of(places: Sequence[tuple[float, float]]) -> str:
    """One reading alone is a dash, wide enough to be seen."""
    (left, _), (right, _) = places[0], places[-1]
    if left == right:
        places = [(left - EDGE, places[0][1]), (right + EDGE, places[0][1])]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
