"""Where the boxes of a group stand, and what the table behind them says."""

import pytest

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.selectors.related import Related
from migrations_app.web.group_graph import BAR, COLUMN, LANE, MARGIN, WIDTH, group_graph


def one(number: int, title: str = "", percentage: int = 0) -> Related:
    return Related(number, title or f"Number {number}", "dev", MigrationStatus.PLANNED, percentage, None)


def test_a_wave_is_a_column_and_the_table_says_what_each_runs_after() -> None:
    graph = group_graph([[one(1), one(2)], [one(3, percentage=50)]], [(1, 3), (2, 3)])

    assert [(box.one.id, box.x - MARGIN, box.y - MARGIN) for box in graph.boxes] == [
        (1, 0, 0),
        (2, 0, LANE),
        (3, COLUMN, 0),
    ]
    assert (graph.width, len(graph.edges), graph.boxes[2].bar) == (2 * MARGIN + COLUMN + WIDTH, 2, BAR / 2)
    assert [(row.wave, row.one.id, [each.id for each in row.after]) for row in graph.rows] == [
        (1, 1, []),
        (1, 2, []),
        (2, 3, [1, 2]),
    ]


@pytest.mark.parametrize(
    ("edge", "shape"), [((1, 2), "H"), ((1, 3), "C")], ids=["to the next one", "past what stands between"]
)
def test_an_arrow_goes_straight_to_the_next_column_and_over_the_heads_of_others(
    edge: tuple[int, int], shape: str
) -> None:
    (path,) = group_graph([[one(1)], [one(2)], [one(3)]], [edge]).edges

    assert shape in path


def test_a_long_title_takes_two_lines() -> None:
    (box,) = group_graph([[one(1, "Move every session of the whole company into a new store at last")]], []).boxes

    assert len(box.lines) == 2
    assert box.lines[1][1].endswith("…")


def test_no_group_is_an_empty_drawing() -> None:
    assert group_graph([], []).boxes == ()
