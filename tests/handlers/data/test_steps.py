from collections.abc import Sequence

from migrations_app.engine.ordering import topological
from migrations_app.engine.plan import Step
from migrations_app.handlers.data.steps import MOST_COPIES, groups, steps_of
from tests.handlers.data.cases import analysis, held, spec, table


def ids(steps: Sequence[Step]) -> list[str]:
    return [step.id for step in steps]


def test_a_few_tables_are_a_step_each_in_foreign_key_order() -> None:
    steps = steps_of(spec(), analysis(table("lines", level=2), table("orders", level=1), table("people")))

    assert ids(steps) == ["prepare", "copy_01", "copy_02", "copy_03", "sequences", "verify", "cleanup"]
    assert [step.parameters["tables"] for step in steps if step.action == "copy"] == [["people"], ["orders"], ["lines"]]
    assert topological(steps)[0] == tuple(steps)
    assert all(step.parameters["binds"] == "d" * 64 for step in steps)


def test_what_is_missing_is_made_before_the_copy_and_finished_after_it() -> None:
    steps = steps_of(spec(), analysis(table("orders", missing=True), table("people")))
    assert ids(steps) == ["prepare", "create", "copy_01", "copy_02", "indexes", "sequences", "verify", "cleanup"]
    assert next(step for step in steps if step.id == "create").parameters["tables"] == ["orders"]


def test_rows_that_give_way_are_backed_up_first() -> None:
    steps = steps_of(spec(existing="empty"), analysis(held("orders"), table("people")))
    assert ids(steps)[:3] == ["prepare", "backup", "empty"]
    empty = steps[2]
    assert (empty.reversible, empty.confirm, empty.parameters["tables"]) == (True, "", ["orders"])


def test_without_a_backup_a_person_confirms_that_nothing_brings_them_back() -> None:
    wanted = spec(existing="empty", options={"backup_enabled": False})
    empty = steps_of(wanted, analysis(held("orders", held_rows=12_345)))[2]
    assert not empty.reversible
    assert "about 12,000" in empty.confirm


def test_200_tables_make_a_plan_that_can_be_read() -> None:
    tables = [table(f"t{number:03}", level=number % 5) for number in range(200)]
    copies = [step for step in steps_of(spec(), analysis(*tables)) if step.action == "copy"]

    assert len(copies) == 5
    assert copies[0].title == "Copy 40 tables (t000, t005…)"
    assert sum(len(step.parameters["tables"]) for step in copies) == 200
    assert all(step.partitioned for step in copies)


def test_levels_that_do_not_fit_go_one_after_the_other_in_one_step() -> None:
    tables = [table(f"t{number:02}", level=number) for number in range(40)]
    found = groups(tables)

    assert len(found) == MOST_COPIES
    assert [each["target"] for group in found for each in group] == [each["target"] for each in tables]
    copies = [step for step in steps_of(spec(), analysis(*tables)) if step.action == "copy"]
    assert [step.partitioned for step in copies] == [True] * (MOST_COPIES - 1) + [False]
