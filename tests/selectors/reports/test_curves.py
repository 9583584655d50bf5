from datetime import timedelta

import pytest

from migrations_app.selectors.reports import curves
from migrations_app.selectors.reports.measurements import Point, Series
from tests.selectors.reports.stories import much, report_for


def series(now, *values):
    return Series(
        "s", "the run", "Pace", "rows", tuple(Point(now + timedelta(seconds=n), v) for n, v in enumerate(values)), 4
    )


def test_a_gap_is_a_gap_and_the_table_has_the_same_numbers(now):
    drawn = curves.chart(series(now, 2, None, 10, 6))
    assert [len(line) for line in drawn.lines] == [2, 2]
    assert drawn.lines[1] == ((2 / 3, 1.0), (1.0, 0.6))
    assert drawn.usual == 0.4
    assert "2 to 10 rows, 6 at the end; 4 before the run" in drawn.said
    (row,) = curves.table([series(now, 2, None, 10, 6)]).rows
    assert [cell.text for cell in row[1:]] == ["4", "2", "6", "10", "6", "3"]
    assert curves.chart(series(now, None)) is None
    assert [curves.axis_end(n) for n in (0, 3, 11, 500, 501)] == [2, 5, 20, 500, 1000]


@pytest.mark.django_db
def test_bars_stand_where_steps_ran(now, auditor):
    content = report_for(auditor, much(now), now).content
    drawn = curves.timeline(content.run, content.steps)
    one, two = drawn.bars
    assert (one.start + one.width <= two.start, two.start + two.width <= 1.0) == (True, True)
    assert one.text == "1 min 10.000 s"
