"""What is particular to databases that take different keys for the same, and check foreign keys by the session."""

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.orders import WORKER, selection_of

pytestmark = pytest.mark.servers


@pytest.fixture
def people(mariadb, mariadb_server):
    mariadb_server.sql(
        "CREATE TABLE people (name varchar(9) PRIMARY KEY, note text);"
        "CREATE TABLE parts (id int AUTO_INCREMENT PRIMARY KEY, person varchar(9) REFERENCES people (name));",
        mariadb.config["database"],
    )
    with mariadb.open() as database:
        database.raise_worker_fence(WORKER)
        yield database


def test_a_row_whose_key_is_only_taken_for_the_same_is_neither_overwritten_nor_removed(people, sqlite, mariadb_server):
    with sqlite.open() as source:
        source._open(create=True).executescript(
            "CREATE TABLE people (name TEXT PRIMARY KEY, note TEXT) WITHOUT ROWID; "
            "INSERT INTO people VALUES ('a', 'small'), ('A', 'great')"
        )
        selection = selection_of(source, people, ("people", "people"), ["name"])
        refused = write_rows(source, people, selection, [("a",), ("A",)], WORKER)

        assert [each.key for each in refused] == [("A",)]
        assert people.remove(selection, [("A",)], WORKER) == 0
        assert people.rows(selection, [("A",)], side=Side.TARGET) == []
        assert [row.values["note"] for row in people.rows(selection, [("a",)], side=Side.TARGET)] == ["small"]


def test_what_others_refer_to_is_not_emptied_and_orphans_are_counted(people, mariadb, mariadb_server):
    sql = "SET foreign_key_checks = 0; INSERT INTO people VALUES ('a', ''); INSERT INTO parts VALUES (7, 'a'), (9, 'b')"
    mariadb_server.sql(sql, mariadb.config["database"])

    with pytest.raises(ValidationFailed, match="rows of parts refer to them"):
        people.empty(["people"], WORKER)
    assert sum(people.orphans(["people", "parts"]).values()) == 1
    assert people.advance_sequences(["parts"], WORKER) == {"parts": 9}
    people.empty(["people", "parts"], WORKER)
    selection = selection_of(people, people, ("people", "people"), ["name"])
    assert people.count(selection, EVERYTHING, side=Side.TARGET) == 0
    people.drop(["people", "parts"], WORKER)
    assert people.catalogue().tables == {}
