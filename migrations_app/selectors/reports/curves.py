"""Timelines and charts as shares of their own width and height; each form draws them in its own units."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from migrations_app.selectors.reports.document import Bar, Cell, LineChart, Look, Table, Tick, Timeline, Tone
from migrations_app.selectors.reports.measurements import Point, Series
from migrations_app.selectors.reports.model import RunFacts, StepReport
from migrations_app.selectors.reports.values import UNKNOWN, clock, moment, number, span
from migrations_app.selectors.state_words import tone

_NARROWEST = 0.006  # a step of a few milliseconds stays visible
_SHORT = timedelta(hours=20)
_TIMES = 4


def timeline(run: RunFacts, steps: Sequence[StepReport]) -> Timeline | None:
    """None for a run that no worker took up."""
    begin = run.started_at
    ends = [at for step in steps for at in (step.started_at, step.ended_at) if at is not None]
    if begin is None or not ends:
        return None
    end = max([*ends, run.ended_at or begin])
    total = max((end - begin).total_seconds(), 0.001)
    bars = []
    for step in steps:
        start, stop = step.started_at, step.ended_at or end
        if start is None:
            bars.append(Bar(f"{step.number}. {step.title}", 0.0, 0.0, Tone.PLAIN, step.said))
            continue
        width = min(max((stop - start).total_seconds() / total, _NARROWEST), 1.0)
        place = min(max((start - begin).total_seconds() / total, 0.0), 1.0 - width)
        text = span(step.duration_ms) if step.ended_at else step.said
        bars.append(Bar(f"{step.number}. {step.title}", place, width, Tone(tone(step.state)), text))
    label = f"When each step ran, from {moment(begin)} to {moment(end)}"
    return Timeline(label, tuple(bars), _time(begin, end), _time(end, begin))


def _time(at: datetime, other: datetime) -> str:
    return clock(at) if abs(at - other) < _SHORT else moment(at)


def chart(series: Series, marks: Sequence[datetime | None] = ()) -> LineChart | None:
    """None where nothing was reported. `marks` are moments to be seen, where they lie within the series."""
    known = [point for point in series.points if point.value is not None]
    if not known:
        return None
    begin, end = series.points[0].at, series.points[-1].at
    top = axis_end(max([*(point.value or 0 for point in known), series.usual or 0]))
    length = max((end - begin).total_seconds(), 1.0)

    def place(at: datetime) -> float:
        return (at - begin).total_seconds() / length

    lines = tuple(
        tuple((place(point.at), (point.value or 0) / top) for point in stretch) for stretch in stretches(series.points)
    )
    return LineChart(
        title=f"{series.title} ({series.about})",
        unit=series.unit,
        lines=lines,
        heights=tuple(Tick(part / 2, short(top * part // 2)) for part in range(3)),
        times=tuple(Tick(part / (_TIMES - 1), _time(begin + (end - begin) * part / (_TIMES - 1), begin)[:8])
                    for part in range(_TIMES)),
        usual=None if series.usual is None else series.usual / top,
        marks=tuple(place(at) for at in marks if at is not None and begin <= at <= end),
        said=_said(series, known),
    )  # fmt: skip


def short(value: int) -> str:
    """`50000000` -> `50 M`; exact, for the axis ends here are 1, 2 or 5 times a power of ten, and their halves."""
    for size, sign in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if value >= size:
            return f"{value / size:g} {sign}"
    return number(value)


def stretches(points: Sequence[Point]) -> list[list[Point]]:
    """Without gaps; a single reading between two of them is drawn as a short line."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point.value is not None:
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [stretch if len(stretch) > 1 else stretch * 2 for stretch in found if stretch]


def axis_end(most: int) -> int:
    """The next 1, 2 or 5 times a power of ten, so that the axis reads well."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most <= size * factor:
                return max(size * factor, 2)
        size *= 10


def table(series: Sequence[Series]) -> Table:
    """The same in numbers, a line for each."""
    rows = []
    for each in series:
        values = [point.value for point in each.points if point.value is not None]
        figures = [
            each.usual,
            *((min(values), round(median(values)), max(values), values[-1]) if values else [None] * 4),
        ]
        cells = [Cell(UNKNOWN if figure is None else number(figure), Look.NUMBER) for figure in figures]
        rows.append(
            (Cell(each.title, sub=f"{each.about}, in {each.unit}"), *cells, Cell(number(len(values)), Look.NUMBER))
        )
    return Table(
        label="What was measured",
        columns=("Measured", "Before", "Least", "Median", "Most", "Last", "Readings"),
        looks=(Look.TEXT, *[Look.NUMBER] * 6),
        widths=(34, 11, 11, 11, 11, 11, 11),
        rows=tuple(rows),
    )


def _said(series: Series, known: Sequence[Point]) -> str:
    values = [point.value or 0 for point in known]
    before = "" if series.usual is None else f"; {number(series.usual)} before the run"
    return f"{number(min(values))} to {number(max(values))} {series.unit}, {number(values[-1])} at the end{before}."
