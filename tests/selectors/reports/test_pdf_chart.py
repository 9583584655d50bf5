from reportlab.graphics.shapes import PolyLine

from migrations_app.selectors.reports.document import LineChart, Tick
from migrations_app.selectors.reports.pdf_chart import drawn


def test_each_stretch_is_a_line_within_the_drawing():
    lines = (((0.0, 0.0), (0.4, 1.0)), ((0.6, 0.5), (1.0, 0.2)))
    drawing = drawn(LineChart("Pace", "rows", lines, (Tick(0, "0"),), (Tick(0, "a"), Tick(1, "b")), 0.3, "said"), 250)
    found = [shape for shape in drawing.contents if isinstance(shape, PolyLine)]
    assert len(found) == 2
    assert all(0 <= number <= 250 for line in found for number in line.points)
