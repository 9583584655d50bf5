"""Whole migrations over real SQLite files: there and back, dry, rehearsed, damaged, refused and interrupted."""

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.handlers.data import backups, rejected
from migrations_app.handlers.data.written_since import WRITTEN_SINCE
from migrations_app.testing.driving import LocalRun
from tests.handlers.data.moves import SHOP, Move, change, everything, rows_of, shop

TABLES = ("notes", "orders", "people")
PICKY = SHOP.replace("note TEXT, total", "note TEXT CHECK (note <> 'refused'), total")


@pytest.fixture
def picky(tmp_path: Path) -> Move:
    """The target refuses two orders."""
    move = Move(shop(tmp_path / "old.db"), shop(tmp_path / "new.db", schema=PICKY, filled=False))
    change(move.source, "UPDATE orders SET note = 'refused' WHERE person IN (7, 30) AND number = 1")
    return move


def finished(run: LocalRun, state: RunState = RunState.SUCCEEDED) -> RunView:
    view = run.finish()
    assert view.state is state, (view.error, [step.error for step in view.steps if step.error])
    return view


def rolled_back(move: Move, run: LocalRun) -> RunView:
    return finished(move.begin(RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)


def rows(place: Any) -> dict[str, Any]:
    return {name: rows_of(place, name) for name in TABLES}


def test_every_row_arrives_and_a_rollback_leaves_the_tables_empty(move: Move) -> None:
    before = everything(move.target)
    run = move.begin()
    view = finished(run)

    assert rows(move.target) == rows(move.source)
    assert (view.results["verify"]["compared"], view.results["verify"]["repaired"]) == (200, 0)
    assert all(found["equal"] for found in view.results["verify"]["tables"].values())
    assert sum(view.results[f"copy_0{number}"]["rows"] for number in (1, 2, 3)) == 200

    rolled_back(move, run)
    assert everything(move.target) == before


def test_missing_tables_are_made_with_their_indexes_and_dropped_again(into_nothing: Move) -> None:
    run = into_nothing.begin()
    finished(run)

    assert rows(into_nothing.target) == rows(into_nothing.source)
    made = [name for name, _ in everything(into_nothing.target)["schema"]]
    assert sorted(made) == ["notes", "orders", "orders_note", "people"]

    rolled_back(into_nothing, run)
    assert everything(into_nothing.target)["schema"] == []


def test_a_dry_run_counts_and_writes_nothing(into_nothing: Move) -> None:
    view = finished(into_nothing.begin(RunKind.DRY_RUN))

    assert everything(into_nothing.target)["schema"] == []
    assert view.results["prepare"]["rows"] == 200
    assert view.results["create"]["would_create"] == ["notes", "people", "orders"]
    assert view.results["copy_01"]["seconds"] >= 1
    assert list(into_nothing.artifacts.keys("")) == []


def test_a_rehearsal_copies_the_first_rows_beside_the_target_and_leaves_nothing(move: Move) -> None:
    move.parameters = {"rehearsal_rows": 10}
    before = everything(move.target)
    seen: list[int] = []

    def look(_events: Sequence[Event]) -> None:
        beside = Path(f"{move.target.config['path']}.rehearsal-1")
        if beside.exists():
            with contextlib.closing(sqlite3.connect(beside)) as connection, contextlib.suppress(sqlite3.Error):
                seen.append(connection.execute("SELECT count(*) FROM people").fetchone()[0])

    view = finished(move.begin(RunKind.REHEARSAL, on_append=look), RunState.SUCCEEDED)

    assert max(seen) == 10
    assert view.results["verify"]["compared"] == 10 + 10 + 20  # without a key a table goes whole
    assert set(view.results["verify"]["tables"]) == set(TABLES)
    assert everything(move.target) == before
    assert sorted(path.name for path in Path(move.target.config["path"]).parent.iterdir()) == ["new.db", "old.db"]
    assert list(move.artifacts.keys("")) == []


def test_a_refused_row_ends_the_run_and_everything_is_taken_back(picky: Move) -> None:
    before = everything(picky.target)
    view = finished(picky.begin(), RunState.ROLLED_BACK)

    failed = next(step for step in view.steps if step.error)
    assert failed.error is not None
    assert "Row 7, 1 of orders was refused" in failed.error["message"] or "Row 30, 1" in failed.error["message"]
    assert everything(picky.target) == before


def test_refused_rows_are_put_aside_and_counted(picky: Move) -> None:
    picky.parameters = {"on_reject": "quarantine"}
    run = picky.begin()
    view = finished(run)

    expected = [row for row in rows_of(picky.source, "orders") if row[2] != "refused"]
    assert rows_of(picky.target, "orders") == expected
    assert view.results["cleanup"]["rejected"] == 2
    ((reason, count),) = view.results["cleanup"]["tables"]["orders"]["reasons"].items()
    assert (count, bool(reason)) == (2, True)
    kept = [json.loads(line) for line in rejected.lines(picky.artifacts, 1)]
    assert sorted(each["key"] for each in kept) == [["30", "1"], ["7", "1"]]
    assert {each["values"]["note"] for each in kept} == {"refused"}
    found = view.results["verify"]["tables"]["orders"]
    assert (found["source_rows"], found["target_rows"], found["aside_rows"]) == (120, 118, 2)
    assert (found["equal"], view.results["verify"]["repaired"]) == (True, 0)


def test_more_refused_rows_than_allowed_end_the_run(picky: Move) -> None:
    picky.parameters = {"on_reject": "quarantine", "most_rejected": 1}
    before = everything(picky.target)
    view = finished(picky.begin(), RunState.ROLLED_BACK)

    assert any("More than 1 rows were refused" in (step.error or {}).get("message", "") for step in view.steps)
    assert everything(picky.target) == before
    assert len(list(rejected.lines(picky.artifacts, 1))) == 2


def damaging(move: Move, *statements: str, after: str = "sequences") -> Any:
    """When that step is done, somebody damages the target; once."""
    left = list(statements)

    def look(events: Sequence[Event]) -> None:
        if any(event.type is EventType.STEP_SUCCEEDED and event.step == after for event in events):
            change(move.target, *left)
            left.clear()

    return look


def test_damage_after_the_copy_is_named_and_mended(move: Move) -> None:
    damage = (
        "UPDATE people SET name = 'Zoe 9' WHERE id = 9",
        "DELETE FROM orders WHERE person = 12 AND number = 1",
        "INSERT INTO orders VALUES (12, 99, 'from elsewhere', NULL)",
    )
    view = finished(move.begin(on_append=damaging(move, *damage)))

    assert rows(move.target) == rows(move.source)
    result = view.results["verify"]
    assert (result["repaired"], result["passes"]) == (3, 2)
    assert sorted((each["table"], *each["key"], each["kind"]) for each in result["differences"]) == [
        ("orders", "12", "1", "missing"),
        ("orders", "12", "99", "extra"),
        ("people", "9", "value"),
    ]


def test_damage_that_comes_back_is_rolled_back_and_named(move: Move) -> None:
    before = everything(move.target)
    passes = iter(range(10, 100))

    def look(events: Sequence[Event]) -> None:
        if any(event.step == "verify" and event.type is EventType.CHECKPOINT_SAVED for event in events):
            change(move.target, f"UPDATE people SET name = 'damaged' WHERE id = {next(passes)}")  # noqa: S608

    view = finished(move.begin(on_append=look), RunState.ROLLED_BACK)

    error = view.step("verify").error
    assert error is not None
    assert error["type"] == "data_corruption"
    assert "Somebody writes to one of them" in error["message"]
    assert error["details"]["differences"]
    assert everything(move.target) == before


def test_a_table_without_a_key_that_differs_cannot_be_mended(move: Move) -> None:
    before = everything(move.target)
    view = finished(move.begin(on_append=damaging(move, "DELETE FROM notes WHERE rowid = 3")), RunState.ROLLED_BACK)

    error = view.step("verify").error
    assert error is not None
    assert "1 row(s) are missing" in error["message"]
    assert everything(move.target) == before


@pytest.mark.parametrize(
    "point", ["data.copy.chunk:3", "data.verify.repaired", "data.verify.pass", "data.prepare.kept"]
)
def test_the_next_driver_goes_on_behind_a_dead_one(move: Move, point: str) -> None:
    run = move.begin(on_append=damaging(move, "DELETE FROM people WHERE id = 9"))
    with armed(f"{point}:raise"), pytest.raises(Crash):
        run.finish()

    view = finished(run)

    assert rows(move.target) == rows(move.source)
    assert sum(view.results[f"copy_0{number}"]["rows"] for number in (1, 2, 3)) == 200


def test_what_the_target_held_gives_way_and_comes_back(over_others: Move) -> None:
    move = over_others
    before = everything(move.target)
    run = move.begin()
    view = finished(run)

    assert rows(move.target) == rows(move.source)
    assert view.results["backup"]["rows"] == 9 + 18

    rolled_back(move, run)
    assert everything(move.target) == before


def test_a_backup_that_grows_too_large_removes_nothing(over_others: Move) -> None:
    move = over_others
    before, plan = everything(move.target), move.plan()
    move.parameters = {"existing": "empty", "most_backup_bytes": 100}
    run = move.begin(plan=plan.from_content({**plan.content(), "parameters": dict(move.spec.parameters)}))
    view = finished(run, RunState.ROLLED_BACK)

    error = view.step("backup").error
    assert error is not None
    assert error["type"] == "insufficient_resources"
    assert everything(move.target) == before


def test_without_a_backup_the_way_back_ends_where_a_person_confirmed_it(over_others: Move) -> None:
    move = over_others
    move.options = {"backup_enabled": False}
    run = move.begin()
    finished(run)
    assert rows(move.target) == rows(move.source)

    refused = finished(move.begin(RunKind.ROLLBACK, run_id=2, undoes=run), RunState.FAILED)

    assert refused.error is not None
    assert rows(move.target) == rows(move.source)


def test_what_was_written_since_is_kept_before_a_rollback_removes_it(move: Move) -> None:
    run = move.begin()
    finished(run)
    change(
        move.target,
        "INSERT INTO people VALUES (1000, 'Late', NULL)",
        "UPDATE people SET name = 'Changed' WHERE id = 5",
    )

    view = rolled_back(move, run)

    assert any("2 row(s) of people" in warning for warning in view.warnings)
    place = backups.prefix(1, "people", WRITTEN_SINCE)
    kept = []
    for key in move.artifacts.keys(place):
        with move.artifacts.open(key) as stream:
            kept += [json.loads(line) for line in stream]
    assert sorted(each["values"]["name"] for each in kept) == ["Changed", "Late"]
    assert rows_of(move.target, "people") == []


@pytest.mark.parametrize(
    ("where", "statement", "told"),
    [
        ("source", "ALTER TABLE people DROP COLUMN boss", "plan_is_stale"),
        ("source", "DROP TABLE notes", "plan_is_stale"),
        ("target", "INSERT INTO people VALUES (1, 'First', NULL)", "validation_failed"),
    ],
)
def test_what_changed_since_the_plan_is_not_begun_with(move: Move, where: str, statement: str, told: str) -> None:
    plan = move.plan()
    change(getattr(move, where), statement)
    before = everything(move.target)

    view = finished(move.begin(plan=plan), RunState.ROLLED_BACK)

    error = view.step("prepare").error
    assert error is not None
    assert error["type"] == told
    assert everything(move.target) == before


def test_a_target_that_holds_rows_is_refused_when_it_is_planned(level: Move) -> None:
    with pytest.raises(ValidationFailed) as refused:
        level.plan()
    assert [problem.code for problem in refused.value.problems] == ["target_not_empty"]
