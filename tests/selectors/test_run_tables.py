from typing import Any

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.planner import rollback_steps
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.data.steps import steps_of
from migrations_app.selectors.run_tables import Difference, RefusedRows, RunTables, tables_of
from migrations_app.testing.driving import fold
from migrations_app.testing.memory import ManualClock, MemoryRun
from tests.handlers.data.cases import analysis, spec, table

SEEN = analysis(table("people", rows=100), table("orders", rows=50, level=1))


def plan(kind: MigrationType = MigrationType.DATA) -> Plan:
    steps = tuple(steps_of(spec(), SEEN))
    return Plan("staging", kind, "data", "1", {}, {}, (), steps, rollback_steps(steps), ())


def told(*events: NewEvent) -> RunTables:
    found = tables_of(view(*events), SEEN.target_state)
    assert found is not None
    return found


def view(*events: NewEvent, kind: MigrationType = MigrationType.DATA) -> RunView:
    run = MemoryRun(ManualClock(), plan(kind))
    run.queue()
    run.write(NewEvent(EventType.RUN_STARTED), *events)
    return fold(run.events, plan(kind))


def begun(step: str) -> NewEvent:
    return NewEvent(EventType.STEP_STARTED, step, attempt=1, payload={"token": 1})


def done(step: str, **result: Any) -> list[NewEvent]:
    return [begun(step), NewEvent(EventType.STEP_SUCCEEDED, step, attempt=1, payload={"result": result})]


def saved(step: str, checkpoint: dict[str, Any]) -> NewEvent:
    payload = {"checkpoint": checkpoint, "done": 1, "unit": "rows", "counters": {}}
    return NewEvent(EventType.CHECKPOINT_SAVED, step, payload=payload)


PEOPLE = {"rows": 100, "bytes": 1, "rejected": 0, "tables": {"people": {"rows": 99, "rejected": 1}}}
SUMS = {"source_rows": 100, "source_digest": "ab", "equal": True}


def test_a_run_that_moves_no_tables_has_none() -> None:
    assert tables_of(view(kind=MigrationType.CONFIG), SEEN.target_state) is None
    assert tables_of(view(), {}) is None


def test_before_the_copy_nothing_is_there() -> None:
    found = told()
    assert [(each.target, each.rows, each.copied, each.equal) for each in found.tables] == [
        ("people", 100, 0, None),
        ("orders", 50, 0, None),
    ]
    assert (found.copied, found.finished, found.rejected) == (0, 0, 0)


def test_a_table_at_work_is_told_from_the_checkpoint() -> None:
    ranges = {
        "run:1:copy_02:orders:0": {"table": "orders", "rows": 20, "bytes": 9, "rejected": 0},
        "run:1:copy_02:orders:1": {"table": "orders", "rows": 10, "bytes": 9, "rejected": 2},
    }
    found = told(*done("prepare"), *done("copy_01", **PEOPLE), begun("copy_02"), saved("copy_02", {"ranges": ranges}))
    people, orders = found.tables
    assert (people.copied, people.finished, people.percentage, people.rejected) == (99, True, 100, 1)
    assert (orders.copied, orders.finished, orders.percentage, orders.rejected) == (30, False, 60, 2)


def test_what_was_refused_mended_and_compared_is_named() -> None:
    differences = [{"table": "people", "key": ["7", "a"], "kind": "value"}]
    found = told(
        *done("prepare"),
        *done("copy_01", **PEOPLE),
        *done("copy_02", rows=0, bytes=0, rejected=0, tables={}),
        *done("sequences"),
        *done("verify", passes=2, repaired=1, differences=differences, tables={"people": SUMS}),
        *done("cleanup", rejected=3, tables={"people": {"rows": 3, "reasons": {"Too long.": 1, "A NUL.": 2}}}),
    )
    assert (found.passes, found.repaired, found.rejected) == (2, 1, 3)
    assert found.differences == (Difference("people", "7, a", "value"),)
    assert found.refused == (RefusedRows("people", "A NUL.", 2), RefusedRows("people", "Too long.", 1))
    assert (found.tables[0].equal, found.tables[0].compared, found.tables[0].digest) == (True, 100, "ab")


def test_while_it_compares_only_rows_are_told() -> None:
    sums = {"people": {"source_rows": 40, "source_digest": "00", "equal": False}}
    before = [*done("prepare"), *done("copy_01", **PEOPLE), *done("copy_02", tables={}), *done("sequences")]
    (people, _) = told(*before, begun("verify"), saved("verify", {"tables": sums})).tables
    assert (people.compared, people.equal, people.digest) == (40, None, "")
