"""A line chart as a drawing of ReportLab's."""

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.utils import simpleSplit

from migrations_app.selectors.reports import pdf_style as style
from migrations_app.selectors.reports.document import LineChart
from migrations_app.selectors.reports.pdf_text import plain
from migrations_app.selectors.reports.svg import anchor

_HEIGHT, _PLOT, _BELOW, _LEFT, _RIGHT = 146.0, 70.0, 42.0, 40.0, 8.0
_SMALL = 6.8
_LINE = 9.0  # from one line below to the next


def drawn(chart: LineChart, width: float) -> Drawing:
    drawing = Drawing(width, _HEIGHT)
    right = width - _RIGHT
    drawing.add(
        Rect(0.3, 0.3, width - 0.6, _HEIGHT - 2, rx=4, ry=4, strokeColor=style.LINE, strokeWidth=0.6, fillColor=None)
    )
    drawing.add(String(8, _HEIGHT - 15, plain(chart.title), fontName="Helvetica-Bold", fontSize=8, fillColor=style.INK))
    drawing.add(String(8, _HEIGHT - 25, plain(chart.unit), fontName="Helvetica", fontSize=7, fillColor=style.INK_3))

    def x(share: float) -> float:
        return _LEFT + (right - _LEFT) * share

    def y(share: float) -> float:
        return _BELOW + _PLOT * share

    for tick in chart.heights:
        drawing.add(Line(_LEFT, y(tick.at), right, y(tick.at), strokeColor=style.LINE, strokeWidth=0.5))
        drawing.add(_text(_LEFT - 4, y(tick.at) - 2.4, tick.text, "end"))
    for at in chart.marks:
        drawing.add(Line(x(at), y(0), x(at), y(1), strokeColor=style.LINE_STRONG, strokeWidth=0.7))
    for line in chart.lines:
        points = [number for at, value in line for number in (x(at), y(value))]
        area = [x(line[0][0]), y(0), *points, x(line[-1][0]), y(0)]
        drawing.add(Polygon(area, fillColor=style.ACCENT_SOFT, strokeColor=None))
        drawing.add(PolyLine(points, strokeColor=style.ACCENT, strokeWidth=1.1))
    if chart.usual is not None:
        level = y(chart.usual)
        drawing.add(Line(_LEFT, level, right, level, strokeColor=style.INK_3, strokeWidth=0.7, strokeDashArray=[3, 2]))
    for place, tick in enumerate(chart.times):
        drawing.add(_text(x(tick.at), _BELOW - 9, tick.text, anchor(place, len(chart.times))))
    for place, said in enumerate(simpleSplit(plain(chart.said), "Helvetica", _SMALL, width - 16)[:2]):
        drawing.add(_text(8, 17 - _LINE * place, said, "start"))
    return drawing


def _text(x: float, y: float, text: str, where: str) -> String:
    return String(x, y, text, fontName="Helvetica", fontSize=_SMALL, fillColor=style.INK_3, textAnchor=where)
