"""A line over time as numbers for SVG attributes; the template draws it and puts the data in a table behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.selectors.run_charts import RunCharts
from migrations_app.web.wording import compact, thousands

LEFT, RIGHT, TOP, BOTTOM = 40.0, 352.0, 10.0, 112.0
SHORT, LONG = timedelta(minutes=10), timedelta(days=2)
MILLISECOND_US = 1000

Point = tuple[datetime, int | None]
Label = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Mark:
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` and `areas` are SVG point lists, one a stretch without a gap; `rows` is the table, newest first.

    `said` is the chart in a sentence; `usual` where the dashed line stands, '' for none. `dots`: places (x, y) of
    the readings, where they are few.
    """

    id: str
    title: str
    unit: str
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    heights: tuple[Mark, ...]
    times: tuple[Mark, ...]
    rows: tuple[tuple[datetime, str], ...]
    said: str
    usual: str = ""
    usual_text: str = ""
    dots: tuple[tuple[str, str], ...] = ()


def charts_of(charts: RunCharts) -> tuple[Chart, ...]:
    drawn = []
    if charts.rate is not None:
        unit = charts.rate.unit or "records"
        points: list[Point] = [(sample.at, sample.per_second) for sample in charts.rate.samples]
        title = f"{charts.rate.step.replace('_', ' ').capitalize()} rate"
        drawn.append(draw("rate", title, f"{unit} a second", points, charts.begin, charts.end, compact))
    for id_, title, unit, curve, label in (
        ("added", "Added latency", "ms on live requests, p99", charts.added, _milliseconds),
        ("lag", "Relay lag", "ms from a write to its copy, p99", charts.lag, thousands),
    ):
        if curve is not None:
            points = [(reading.at, reading.value) for reading in curve.readings]
            drawn.append(draw(id_, title, unit, points, charts.begin, charts.end, label, usual=curve.usual))
    return tuple(drawn)


def draw(
    id_: str,
    title: str,
    unit: str,
    points: Sequence[tuple[datetime, int | None]],
    begin: datetime,
    end: datetime,
    label: Label,
    *,
    usual: int | None = None,
    dotted: bool = False,
) -> Chart:
    """`points` in order of time; None is a gap."""
    known = [(at, value) for at, value in points if value is not None]
    top = _round_up(max([value for _, value in known] + [usual or 0]))
    length = max((end - begin).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * min(max((at - begin).total_seconds() / length, 0.0), 1.0)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / top

    drawn = [[(x(at), y(value)) for at, value in stretch] for stretch in stretches(points)]
    return Chart(
        id=id_,
        title=title,
        unit=unit,
        lines=tuple(_listed(stretch) for stretch in drawn),
        areas=tuple(
            f"{stretch[0][0]:.1f},{BOTTOM} {_listed(stretch)} {stretch[-1][0]:.1f},{BOTTOM}" for stretch in drawn
        ),
        heights=tuple(Mark(f"{y(top * part / 2):.1f}", label(round(top * part / 2))) for part in range(3) if known),
        times=_times(begin, end),
        rows=tuple((at, label(value)) for at, value in reversed(known)),
        said=_said(title, unit, known, label, usual, _moment(end - begin, exact=True)),
        usual="" if usual is None else f"{y(usual):.1f}",
        usual_text="" if usual is None else label(usual),
        dots=tuple((f"{x(at):.1f}", f"{y(value):.1f}") for at, value in known) if dotted else (),
    )


def stretches(points: Sequence[Point]) -> list[list[tuple[datetime, int]]]:
    """Without gaps; a single reading between two of them is drawn as a short line."""
    found: list[list[tuple[datetime, int]]] = [[]]
    for at, value in points:
        if value is not None:
            found[-1].append((at, value))
        elif found[-1]:
            found.append([])
    return [stretch if len(stretch) > 1 else stretch * 2 for stretch in found if stretch]


def _listed(stretch: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in stretch)


def _times(begin: datetime, end: datetime) -> tuple[Mark, ...]:
    form = _moment(end - begin, exact=end - begin < SHORT)
    moments = ((LEFT, begin), ((LEFT + RIGHT) / 2, begin + (end - begin) / 2), (RIGHT, end))
    return tuple(Mark(f"{place:.1f}", f"{at:{form}}") for place, at in moments)


def _moment(length: timedelta, *, exact: bool) -> str:
    """How a moment of so long a chart is written: a day of weeks, else a time."""
    if length > LONG:
        return "%-d %b"
    return "%H:%M:%S" if exact else "%H:%M"


def _said(
    title: str, unit: str, known: Sequence[tuple[datetime, int]], label: Label, usual: int | None, form: str
) -> str:
    if not known:
        return f"{title}: nothing was reported yet."
    newest, most = known[-1][1], max(value for _, value in known)
    before = "" if usual is None else f", {label(usual)} before the run"
    return f"{title}, {unit}: {label(newest)} at {known[-1][0]:{form}}, {label(most)} at most{before}."


def _milliseconds(microseconds: int) -> str:
    """`210` -> `0.21`, `138400` -> `138.4`."""
    return f"{microseconds / MILLISECOND_US:,.2f}".rstrip("0").rstrip(".")


def _round_up(number: int) -> int:
    """The next 1, 2 or 5 times a power of ten, so that the axis reads well."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if number <= size * factor:
                return max(size * factor, 2)
        size *= 10
