from types import SimpleNamespace
from typing import Any

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.selectors.table_mapping import mapping_of
from tests.handlers.data.cases import TRAP, analysis, incompatible, table

COLUMNS = [
    {"target": "id", "source": "id", "type": "bigint", "transforms": []},
    {"target": "name", "source": "full_name", "type": "text", "transforms": []},
    {"target": "origin", "source": None, "type": "text", "transforms": ["constant old shop"]},
]


def plan(kind: MigrationType, state: Any) -> Any:
    return SimpleNamespace(plan=SimpleNamespace(type=kind), target_state=state)


def test_a_plan_that_moves_no_tables_has_none() -> None:
    assert mapping_of(plan(MigrationType.CONFIG, {"data": {}})) is None
    assert mapping_of(plan(MigrationType.DATA, {"error": {}})) is None


def test_what_is_done_to_a_table_is_told_apart_from_what_stays() -> None:
    seen = analysis(table("orders", columns=COLUMNS), table("people", rows=5), traps=[TRAP])
    found = mapping_of(plan(MigrationType.DATA, seen.target_state))
    assert found is not None
    assert [column.target for column in found.tables[0].changed] == ["name", "origin"]
    assert found.tables[0].changed[1].source == ""
    assert (found.rows, found.bytes) == (15, 2000)


def test_rows_that_will_be_refused_come_before_what_only_changes() -> None:
    seen = analysis(table("orders"), traps=[TRAP], incompatible=[incompatible("warning")])
    found = mapping_of(plan(MigrationType.DATA, seen.target_state))
    assert found is not None
    assert [(note.severity, note.where) for note in found.notes] == [("trap", "orders.note"), ("warning", "orders.no")]
