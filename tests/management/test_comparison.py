import io

from rich.console import Console

from migrations_app.handlers.adapter.equivalence.report import (
    Difference,
    EquivalenceReport,
    Observed,
    Outcome,
    ToolReport,
)
from migrations_app.management import comparison

SAME = ToolReport("same", Outcome.EQUIVALENT, 10, lines=2, branches=2, branches_reached=1, reason="1 of 2 branches.")
PARTED = ToolReport(
    "parted",
    Outcome.DIFFERENT,
    10,
    difference=Difference('{"x": 1}', "answer: 1 and 2", Observed("answer", "1"), Observed("answer", "2")),
)
OPEN = ToolReport("open", Outcome.NOT_COMPARED, reason="It never answers.")


def report(*tools):
    return EquivalenceReport("0" * 64, 7, "3.11.7", tools)


def test_a_difference_weighs_more_than_what_is_open_and_that_more_than_nothing():
    assert comparison.status(report(SAME)) == 0
    assert comparison.status(report(SAME, OPEN)) == 5
    assert comparison.status(report(OPEN, PARTED, SAME)) == 4


def test_the_table_shows_the_difference_with_both_sides_and_what_is_open():
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(comparison.table(report(SAME, PARTED, OPEN), "a.A"))
    text = console.export_text()

    for said in (
        'with {"x": 1}',
        "answer: 1 and 2",
        "custom: 1",
        "generic: 2",
        "1 of 2",
        "It never answers.",
        "seed 7",
    ):
        assert said in text
    assert comparison.summary(report(SAME, PARTED, OPEN)) == "3 tools: 1 equivalent, 1 different, 1 not compared."


def test_progress_is_a_line_for_each_tool():
    lines = []
    tell = comparison.progress(lines.append)
    tell("a", 0, 2)
    tell("b", 1, 2)
    tell("", 2, 2)
    assert lines == ["1 of 2: a", "2 of 2: b"]
