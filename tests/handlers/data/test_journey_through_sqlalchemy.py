"""Whole migrations into MariaDB and out of it again, and what is refused of such databases."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.handlers.data import backups, rejected
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.mariadb import MariaDBServer
from tests.handlers.data.moves import Move, change, rows_of, shop
from tests.stores.tables.places import DatabasePlace, mariadb_place, sqlite_place

pytestmark = pytest.mark.servers


@pytest.fixture
def place(mariadb_server: MariaDBServer) -> Iterator[DatabasePlace]:
    with mariadb_place(mariadb_server) as found:
        yield found


def finished(run: LocalRun, state: RunState = RunState.SUCCEEDED) -> RunView:
    view = run.finish()
    assert view.state is state, (view.error, [step.error for step in view.steps if step.error])
    return view


def rolled_back(move: Move, run: LocalRun) -> None:
    finished(move.begin(RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)


def test_tables_are_made_there_and_what_comes_back_is_what_went(
    place: DatabasePlace, mariadb_server: MariaDBServer, tmp_path: Path
) -> None:
    there = Move(shop(tmp_path / "old.db"), place)
    run = there.begin()
    view = finished(run)
    back = Move(place, sqlite_place(tmp_path / "back.db"))
    finished(back.begin())
    keys = mariadb_server.sql("SELECT constraint_name FROM information_schema.referential_constraints", "")
    made = mariadb_server.sql("SHOW TABLES", place.config["database"]).split()

    for table in ("people", "orders", "notes"):
        held, came = (rows_of(each, table) for each in (there.source, back.target))
        assert [tuple(map(str, row)) for row in came] == [tuple(map(str, row)) for row in held]
    assert (view.results["verify"]["compared"], view.results["verify"]["repaired"]) == (200, 0)
    assert len(keys.split()) == 2
    assert made == ["notes", "orders", "people"]  # and nothing of Snakeweb's own

    rolled_back(there, run)
    assert mariadb_server.sql("SHOW TABLES", place.config["database"]) == ""


def test_rows_that_give_way_are_put_back_and_refused_ones_are_named(
    place: DatabasePlace, mariadb_server: MariaDBServer, tmp_path: Path
) -> None:
    mariadb_server.sql(
        "CREATE TABLE people (id int PRIMARY KEY, name varchar(9) NOT NULL, seen date); SET sql_mode = '';"
        "INSERT INTO people VALUES (1, 'before', '0000-00-00'), (2, 'x', '2020-02-29')",
        place.config["database"],
    )
    parameters = {"tables": ["people"], "existing": "empty", "on_reject": "quarantine"}
    move = Move(shop(tmp_path / "old.db", people=30), place, parameters)
    with place.open() as database:
        before = database.digest(backups.whole(database.table("people")), EVERYTHING, side=Side.TARGET)
    change(move.source, "UPDATE people SET name = 'a name that is too long' WHERE id IN (7, 23)")
    run = move.begin()
    view = finished(run)
    kept = list(rejected.lines(move.artifacts, 1))

    assert mariadb_server.sql("SELECT count(*), min(seen IS NULL) FROM people", place.config["database"]) == "28\t1"
    assert view.results["cleanup"]["rejected"] == len(kept) == 2
    assert view.results["verify"]["repaired"] == 0

    rolled_back(move, run)
    with place.open() as database:
        assert database.digest(backups.whole(database.table("people")), EVERYTHING, side=Side.TARGET) == before


def test_what_somebody_damages_is_named_and_mended(
    place: DatabasePlace, mariadb_server: MariaDBServer, tmp_path: Path
) -> None:
    statements = ["UPDATE people SET name = 'spoiled' WHERE id = 9", "DELETE FROM orders WHERE person = 4"]
    statements.append("INSERT INTO people (id, name) VALUES (900, 'extra')")

    def look(events: Sequence[Event]) -> None:
        done = any(event.type is EventType.STEP_SUCCEEDED and event.step == "sequences" for event in events)
        if statements and done:
            mariadb_server.sql("; ".join(statements), place.config["database"])
            statements.clear()

    move = Move(shop(tmp_path / "old.db"), place)
    view = finished(move.begin(on_append=look))

    assert not statements
    assert view.results["verify"]["repaired"] == 4
    assert all(found["equal"] for found in view.results["verify"]["tables"].values())


def test_changes_are_not_followed(place: DatabasePlace, tmp_path: Path) -> None:
    for parameters in ({"live": "triggers"}, {"live": "change_column", "change_column": "id"}):
        with pytest.raises(ValidationFailed) as caught:
            Move(shop(tmp_path / "old.db"), place, parameters).plan()
        assert [each.field for each in caught.value.problems] == ["parameters.live"]
        assert "through SQLAlchemy" in caught.value.problems[0].message


def test_a_server_that_is_not_strict_is_refused_at_planning(
    place: DatabasePlace, mariadb_server: MariaDBServer, tmp_path: Path
) -> None:
    mode = mariadb_server.sql("SELECT @@GLOBAL.sql_mode")
    mariadb_server.sql("SET GLOBAL sql_mode = 'NO_ENGINE_SUBSTITUTION'")
    try:
        with pytest.raises(ValidationFailed) as caught:
            Move(shop(tmp_path / "old.db"), place).plan()
    finally:
        mariadb_server.sql(f"SET GLOBAL sql_mode = '{mode}'")

    assert [each.field for each in caught.value.problems] == ["targets.target"]
    assert "STRICT_TRANS_TABLES" in caught.value.problems[0].message
