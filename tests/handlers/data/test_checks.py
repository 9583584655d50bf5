from typing import Any

import pytest

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.data.checks import problems_of
from tests.handlers.data.cases import FILE, REMOTE, analysis, held, incompatible, spec, table


def codes(given: Spec, seen: Analysis) -> list[tuple[str, str]]:
    found = problems_of(given, seen)
    assert all(problem.message and problem.fix for problem in found)
    return [(problem.field, problem.code) for problem in found]


def test_a_calm_one_may_be_planned() -> None:
    assert codes(spec(), analysis(table("orders"), table("people", missing=True))) == []


def test_a_configuration_that_cannot_be_used_is_said_first() -> None:
    assert codes(spec({"engine": "dbase"}), analysis()) == [("targets.source.config.engine", "choice")]


@pytest.mark.parametrize("role", ["source", "target"])
def test_a_database_that_does_not_answer(role: str) -> None:
    seen = analysis(table("orders"))
    state = {"name": "shop", "error": {"code": "dependency_unavailable", "message": "No answer."}}
    states = {"source": seen.source_state, "target": seen.target_state, role: state}
    assert codes(spec(), Analysis(states["source"], states["target"], {})) == [
        (f"targets.{role}", "dependency_unavailable")
    ]


@pytest.mark.parametrize(
    ("parameters", "tables", "expected"),
    [
        ({"create_missing": False}, [table("orders", missing=True)], ("parameters.create_missing", "table_missing")),
        ({}, [held("orders")], ("parameters.existing", "target_not_empty")),
        (
            {"existing": "empty", "most_backup_bytes": 699},
            [held("orders")],
            ("parameters.most_backup_bytes", "backup_too_large"),
        ),
        ({"existing": "empty"}, [held("orders", kept_by_key=False)], ("parameters.existing", "no_key")),
        ({}, [], ("parameters.tables", "no_tables")),
    ],
)
def test_what_stands_in_the_way(parameters: dict[str, Any], tables: list[Any], expected: tuple[str, str]) -> None:
    assert codes(spec(**parameters), analysis(*tables)) == [expected]


def test_without_a_backup_its_size_does_not_matter() -> None:
    wanted = spec(existing="empty", most_backup_bytes=1, options={"backup_enabled": False})
    assert codes(wanted, analysis(held("orders", kept_by_key=False))) == []


def test_errors_of_columns_stop_it_and_warnings_do_not() -> None:
    seen = analysis(table("orders"), incompatible=[incompatible("error", "no_column"), incompatible("warning")])
    assert codes(spec(), seen) == [("parameters.tables", "no_column")]


def test_what_is_wrong_with_the_mapping_keeps_its_place() -> None:
    problem = {
        "field": "parameters.tables.0.source",
        "message": "No such table.",
        "fix": "Name one.",
        "code": "unknown",
    }
    assert codes(spec(), analysis(problems=[problem])) == [("parameters.tables.0.source", "unknown")]


def test_a_table_is_not_copied_onto_itself() -> None:
    same = analysis(table("orders", source="orders"), source={"identity": "one"}, target={"identity": "one"})
    other = analysis(table("orders", source="old_orders"), source={"identity": "one"}, target={"identity": "one"})
    assert codes(spec(FILE, FILE), same) == [("targets.target", "same_place")]
    assert codes(spec(FILE, FILE), other) == []


def test_a_target_that_may_not_be_written_to() -> None:
    seen = analysis(table("orders"), target={"writable": False})
    assert codes(spec(REMOTE), seen) == [("targets.target", "target_read_only")]
