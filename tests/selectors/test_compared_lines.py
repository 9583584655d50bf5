"""What is marked as different in a comparison of runs; whole comparisons are in `test_run_comparisons.py`."""

import pytest

from migrations_app.engine.plan import Plan
from migrations_app.models import PlanRevision
from migrations_app.selectors import compared_lines
from migrations_app.selectors.compared_lines import ComparedLine, Side
from tests.runs import plan, step


def side(content: Plan, *findings: tuple[str, str, int]) -> Side:
    found = [{"rule": rule, "title": title, "weight": weight} for rule, title, weight in findings]
    return Side(PlanRevision(findings=found, risk_score=1), content, None, None)


def test_a_rule_that_found_one_thing_here_and_another_there_has_two_lines() -> None:
    content = plan([step("one")])
    sides = [side(content, ("rehearsed", "Not done", 3), ("live", "Live", 4)), side(content, ("rehearsed", "Done", -6))]

    assert compared_lines.findings(sides) == (
        ComparedLine("Not done", (3, None), True),
        ComparedLine("Live", (4, None), True),
        ComparedLine("Done", (None, -6), True),
    )


def test_a_step_of_one_plan_alone_is_marked_and_titles_with_names_give_way_to_ids() -> None:
    first = plan([step("copy_all", undo_title="x"), step("check")])
    second = plan([step("copy_all")])
    second = Plan.from_content({**second.content(), "steps": [{**second.content()["steps"][0], "title": "Copy b"}]})

    lines = compared_lines.steps([side(first), side(second)])

    assert [(line.title, line.differs, [cell is None for cell in line.cells]) for line in lines] == [
        ("copy all", (), [False, False]),
        ("Check", ("step",), [False, True]),
    ]


def test_options_that_differ_are_told_from_those_that_do_not() -> None:
    content = compared_lines.content([side(plan([], batch_size=1)), side(plan([], batch_size=2))])

    assert [line.name for line in content if line.differs] == ["batch size"]
    assert next(line for line in content if line.differs).values == ("1", "2")


@pytest.mark.parametrize(
    ("milliseconds", "marked"),
    [([1000, 2500], False), ([1000, 3000], True), ([10_000, 15_000], False), ([None, 9000], False), ([0, 2000], True)],
)
def test_a_time_is_marked_from_twice_the_fastest_on_and_two_seconds(
    milliseconds: list[int | None], marked: bool
) -> None:
    assert compared_lines.long_apart(milliseconds) is marked
