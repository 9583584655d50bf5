"""Drawings as SVG without script and without inline styles: classes say what is what."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from migrations_app.selectors.reports.document import Bar, LineChart

LEFT, RIGHT, TOP, BOTTOM = 46.0, 352.0, 8.0, 112.0
_HEIGHT = 132
_HEIGHT_MARK = (
    '<line class="grid" x1="46" x2="352" y1="{0}" y2="{0}"/><text x="40" y="{0}" dy="4" text-anchor="end">{1}</text>'
)
_MARK = '<line class="mark" x1="{0}" x2="{0}" y1="8" y2="112"/>'
_USUAL_MARK = '<line class="usual" x1="46" x2="352" y1="{0}" y2="{0}"/>'


def bar(drawn: Bar) -> SafeString:
    """One row of a timeline; '' for a step that never ran."""
    if not drawn.width:
        return SafeString("")
    return format_html(
        '<svg class="report-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/><rect class="{}" x="{}" width="{}" height="4"/></svg>',
        f"is-{drawn.tone or 'plain'}",
        f"{drawn.start * 100:.2f}",
        f"{drawn.width * 100:.2f}",
    )


def chart(drawn: LineChart) -> SafeString:
    """With its sentence as its name; the numbers stand in the table of the same section."""
    heights = format_html_join("", _HEIGHT_MARK, ((_y(tick.at), tick.text) for tick in drawn.heights))
    areas = format_html_join("", '<polygon class="area" points="{}"/>', ((_area(line),) for line in drawn.lines))
    usual = "" if drawn.usual is None else format_html(_USUAL_MARK, _y(drawn.usual))
    upright = format_html_join("", _MARK, ((_x(at),) for at in drawn.marks))
    lines = format_html_join("", '<polyline class="line" points="{}"/>', ((_points(line),) for line in drawn.lines))
    marks = ((_x(tick.at), anchor(place, len(drawn.times)), tick.text) for place, tick in enumerate(drawn.times))
    return format_html(
        '<svg class="report-chart" viewBox="0 0 360 {}" role="img" aria-label="{}">{}{}{}{}{}{}</svg>',
        _HEIGHT,
        f"{drawn.title}, {drawn.unit}: {drawn.said}",
        heights,
        areas,
        upright,
        usual,
        lines,
        format_html_join("", '<text x="{}" y="127" text-anchor="{}">{}</text>', marks),
    )


def anchor(place: int, of: int) -> str:
    """The first begins at its mark, the last ends there."""
    return "start" if place == 0 else "end" if place == of - 1 else "middle"


def _x(share: float) -> str:
    return f"{LEFT + (RIGHT - LEFT) * share:.1f}"


def _y(share: float) -> str:
    return f"{BOTTOM - (BOTTOM - TOP) * share:.1f}"


def _points(line: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in line)


def _area(line: Sequence[tuple[float, float]]) -> str:
    return f"{_x(line[0][0])},{BOTTOM} {_points(line)} {_x(line[-1][0])},{BOTTOM}"
