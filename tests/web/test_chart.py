from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.selectors.throughput import Sample, Throughput
from migrations_app.web.chart import BOTTOM, LEFT, RIGHT, TOP, Chart, rate_chart

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def chart_of(*rates: int) -> Chart:
    samples = tuple(Sample(T0 + timedelta(seconds=i), rate) for i, rate in enumerate(rates))
    return rate_chart(Throughput("transfer", "sessions", samples))


def test_points_span_the_chart_and_the_table_holds_the_numbers() -> None:
    chart = chart_of(0, 50, 100)
    assert chart.line == f"{LEFT},{BOTTOM} {(LEFT + RIGHT) / 2},{(TOP + BOTTOM) / 2} {RIGHT},{TOP}"
    assert [rate for _, rate in chart.rows] == [0, 50, 100]
    assert [mark.text for mark in chart.heights] == ["0", "50", "100"]


@pytest.mark.parametrize(("top", "axis"), [(3, "5"), (430, "500"), (1_100, "2,000"), (28_400, "50 k")])
def test_the_axis_ends_at_a_round_number(top: int, axis: str) -> None:
    assert chart_of(1, top).heights[-1].text == axis


def test_a_single_sample_and_a_standstill_can_be_drawn() -> None:
    assert chart_of(7).line
    assert chart_of(0, 0).heights[0].text == "0"
