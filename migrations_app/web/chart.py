"""A line chart as numbers for SVG attributes; the template draws it and puts the data in a table behind it."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.selectors.throughput import Throughput
from migrations_app.web.wording import compact

LEFT, RIGHT, TOP, BOTTOM = 40.0, 352.0, 10.0, 112.0


@dataclass(frozen=True, slots=True)
class Mark:
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` and `area` are SVG point lists; `rows` is the table."""

    line: str
    area: str
    heights: tuple[Mark, ...]
    times: tuple[Mark, ...]
    rows: tuple[tuple[datetime, int], ...]


def rate_chart(throughput: Throughput) -> Chart:
    samples = throughput.samples
    top = _round_up(max(sample.per_second for sample in samples))
    width = (RIGHT - LEFT) / max(len(samples) - 1, 1)
    points = [
        f"{LEFT + width * index:.1f},{BOTTOM - (BOTTOM - TOP) * sample.per_second / top:.1f}"
        for index, sample in enumerate(samples)
    ]
    line = " ".join(points)
    area = f"{LEFT:.1f},{BOTTOM} {line} {LEFT + width * (len(samples) - 1):.1f},{BOTTOM}"
    heights = tuple(
        Mark(f"{BOTTOM - (BOTTOM - TOP) * part / 2:.1f}", compact(round(top * part / 2))) for part in range(3)
    )
    picked = sorted({0, len(samples) // 2, len(samples) - 1})
    times = tuple(Mark(f"{LEFT + width * index:.1f}", f"{samples[index].at:%H:%M:%S}") for index in picked)
    return Chart(line, area, heights, times, tuple((sample.at, sample.per_second) for sample in samples))


def _round_up(number: int) -> int:
    """The next 1, 2 or 5 times a power of ten, so that the axis reads well."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if number <= size * factor:
                return max(size * factor, 2)
        size *= 10
