from migrations_app.selectors.reports import svg
from migrations_app.selectors.reports.document import Bar, LineChart, Tick, Tone


def test_drawings_carry_neither_script_nor_style_and_escape_what_they_say():
    chart = LineChart(
        '<"x">', "ms", (((0.0, 0.0), (1.0, 1.0)),), (Tick(0.5, "5"),), (Tick(0, "a"), Tick(1, "b")), 0.5, "said"
    )
    drawn = svg.chart(chart)
    assert 'points="46.0,112.0 352.0,8.0"' in drawn
    assert "style=" not in drawn
    assert '<"x">' not in drawn
    assert [svg.anchor(place, 3) for place in range(3)] == ["start", "middle", "end"]
    assert 'x="25.00" width="50.00"' in svg.bar(Bar("s", 0.25, 0.5, Tone.GOOD, ""))
    assert svg.bar(Bar("s", 0.0, 0.0, Tone.PLAIN, "")) == ""
