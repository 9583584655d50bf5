from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.selectors.run_charts import Curve, Reading, RunCharts
from migrations_app.selectors.throughput import Sample, Throughput
from migrations_app.web.chart import BOTTOM, LEFT, RIGHT, TOP, Chart, charts_of, draw
from migrations_app.web.wording import compact

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def second(number: int) -> datetime:
    return T0 + timedelta(seconds=number)


def chart_of(*values: int | None, usual: int | None = None) -> Chart:
    points = [(second(number), value) for number, value in enumerate(values)]
    return draw("lag", "Relay lag", "ms", points, T0, second(max(len(values) - 1, 1)), compact, usual=usual)


def test_points_span_the_chart_and_the_table_holds_the_numbers() -> None:
    chart = chart_of(0, 50, 100)
    assert chart.lines == (f"{LEFT},{BOTTOM} {(LEFT + RIGHT) / 2},{(TOP + BOTTOM) / 2} {RIGHT},{TOP}",)
    assert [value for _, value in chart.rows] == ["100", "50", "0"]
    assert [mark.text for mark in chart.heights] == ["0", "50", "100"]
    assert [mark.text for mark in chart.times] == ["12:00:00", "12:00:01", "12:00:02"]
    assert chart.said == "Relay lag, ms: 100 at 12:00:02, 100 at most."


@pytest.mark.parametrize(("top", "axis"), [(3, "5"), (430, "500"), (1_100, "2,000"), (28_400, "50 k")])
def test_the_axis_ends_at_a_round_number(top: int, axis: str) -> None:
    assert chart_of(1, top).heights[-1].text == axis


def test_what_was_not_reported_is_a_gap() -> None:
    chart = chart_of(None, 4, 5, None, 7, None)
    assert [len(line.split()) for line in chart.lines] == [2, 2]  # a lone reading is a dot
    assert len(chart.areas) == 2
    assert len(chart.rows) == 3


def test_what_was_usual_is_a_line_that_fits() -> None:
    chart = chart_of(10, 20, usual=40)
    assert (chart.heights[-1].text, chart.usual_text) == ("50", "40")
    assert TOP < float(chart.usual) < BOTTOM
    assert chart.said.endswith("20 at most, 40 before the run.")


def test_nothing_and_a_standstill_can_be_drawn() -> None:
    assert (chart_of().lines, chart_of().said) == ((), "Relay lag: nothing was reported yet.")
    assert chart_of().heights == ()  # no scale without a number
    assert chart_of(0, 0).heights[0].text == "0"
    assert draw("lag", "Lag", "ms", [(T0, 3)], T0, T0, compact).lines


def test_a_run_s_charts_are_those_it_has_something_for() -> None:
    rate = Throughput("transfer", "sessions", (Sample(second(1), 500),))
    plain = RunCharts(1, True, T0, second(60), rate, None, None)
    assert [(chart.title, chart.unit) for chart in charts_of(plain)] == [("Transfer rate", "sessions a second")]
    moving = RunCharts(1, False, T0, second(60), None, Curve(()), Curve((Reading(second(5), 1_210),), usual=90))
    added, lag = charts_of(moving)
    assert (added.title, added.rows[0][1], added.usual_text) == ("Added latency", "1.21", "0.09")
    assert (lag.title, lag.rows) == ("Relay lag", ())


def test_a_chart_of_weeks_speaks_of_days_and_marks_its_few_readings() -> None:
    points = [(T0, 1), (T0 + timedelta(days=7), 2)]
    chart = draw("rate", "Rate", "rows", points, T0, T0 + timedelta(days=7), compact, dotted=True)
    assert [mark.text for mark in chart.times] == ["1 Mar", "5 Mar", "8 Mar"]
    assert chart.said == "Rate, rows: 2 at 8 Mar, 2 at most."
    assert chart.dots == ((f"{LEFT}", "61.0"), (f"{RIGHT}", f"{TOP}"))
