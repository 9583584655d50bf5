"""What SQLite does to rows without telling: each way is forced, with both settings of recursive triggers."""

import sqlite3

import pytest

from migrations_app.stores.tables.changes.base import Patience, Watched
from migrations_app.stores.tables.changes.sqlite.triggers import uniques
from tests.stores.tables.changes.places import TEXT, WORKER, SqlitePlace, noted

WAYS = {
    "insert or replace": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE)",
        "INSERT OR REPLACE INTO t VALUES ('b', 1)",
    ),
    "replace into": ("CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE)", "REPLACE INTO t VALUES ('b', 1)"),
    "the table's own clause": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE ON CONFLICT REPLACE)",
        "INSERT INTO t VALUES ('b', 1)",
    ),
    "without row ids": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE) WITHOUT ROWID",
        "INSERT OR REPLACE INTO t VALUES ('b', 1)",
    ),
    "a key that differs in case": (
        "CREATE TABLE t (k TEXT PRIMARY KEY COLLATE NOCASE, u INT)",
        "INSERT OR REPLACE INTO t VALUES ('A', 2)",
    ),
    "a unique column that differs in case": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT UNIQUE COLLATE NOCASE)",
        "INSERT OR REPLACE INTO t VALUES ('b', '1')",
    ),
    "an index of its own collation": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT); CREATE UNIQUE INDEX i ON t (u COLLATE RTRIM)",
        "INSERT OR REPLACE INTO t VALUES ('b', '1   ')",
    ),
    "a partial index": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT); CREATE UNIQUE INDEX i ON t (u) WHERE u > 0",
        "INSERT OR REPLACE INTO t VALUES ('b', 1)",
    ),
    "a generated column": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT, g INT GENERATED ALWAYS AS (u * 2) VIRTUAL UNIQUE)",
        "INSERT OR REPLACE INTO t (k, u) VALUES ('b', 1)",
    ),
    "the row id": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INT)",
        "INSERT OR REPLACE INTO t (rowid, k, u) VALUES (1, 'b', 2)",
    ),
    "the row id under another name": (
        "CREATE TABLE t (k TEXT NOT NULL UNIQUE, u INTEGER PRIMARY KEY)",
        "INSERT OR REPLACE INTO t VALUES ('b', 1)",
    ),
    "text that becomes a number": (
        "CREATE TABLE t (k TEXT PRIMARY KEY, u INTEGER UNIQUE)",
        "INSERT OR REPLACE INTO t VALUES ('b', '1')",
    ),
}  # fmt: skip


@pytest.fixture(params=["OFF", "ON"])
def recursive(request):
    return request.param


@pytest.fixture
def shop(tmp_path):
    return SqlitePlace(tmp_path / "shop.sqlite3")


def watching(shop: SqlitePlace, table: str = "t", key: str = "k"):
    log = shop.log()
    log.install([Watched(table, (key,))], WORKER, Patience(seconds=1))
    return log


@pytest.mark.parametrize("way", WAYS)
def test_what_is_replaced_is_noted(shop, recursive, way):
    table, write = WAYS[way]
    shop.run(*table.split(";"))
    shop.run("INSERT INTO t (k, u) VALUES ('a', 1)")
    with watching(shop) as log, shop.writer() as writer:
        writer.run(f"PRAGMA recursive_triggers = {recursive}")
        writer.run(write)

        left = {row[0] for row in writer.rows("SELECT k FROM t")}
        assert "a" not in left
        assert {("a",), *((each,) for each in left)} <= set(noted(log, "t", TEXT))


def test_what_an_update_replaces_is_noted(shop, recursive):
    shop.run("CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE)", "INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3)")
    with watching(shop) as log, shop.writer() as writer:
        writer.run(f"PRAGMA recursive_triggers = {recursive}")
        writer.run("UPDATE OR REPLACE t SET u = 1 WHERE k = 'b'")

        assert writer.rows("SELECT k FROM t ORDER BY k") == [("b",), ("c",)]
        assert set(noted(log, "t", TEXT)) == {("a",), ("b",)}


def test_deleting_everything_notes_every_row(shop):
    shop.run("CREATE TABLE t (k TEXT PRIMARY KEY, u INT)", "INSERT INTO t VALUES ('a', 1), ('b', 2)")
    with watching(shop) as log:
        shop.run("DELETE FROM t")

        assert noted(log, "t", TEXT) == [("a",), ("b",)]


def test_an_upsert_and_what_is_ignored_lose_nothing(shop):
    shop.run("CREATE TABLE t (k TEXT PRIMARY KEY, u INT UNIQUE)", "INSERT INTO t VALUES ('a', 1)")
    with watching(shop) as log:
        shop.run("INSERT INTO t VALUES ('a', 5) ON CONFLICT (k) DO UPDATE SET u = excluded.u")
        shop.run("INSERT OR IGNORE INTO t VALUES ('b', 5)")

        assert ("a",) in noted(log, "t", TEXT)
        assert ("b",) not in noted(log, "t", TEXT)


def test_a_unique_expression_is_said_beforehand(shop):
    shop.run("CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT)", "CREATE UNIQUE INDEX i ON t (lower(u))")
    with shop.log() as log:
        assert [problem.code for problem in log.problems([Watched("t", ("k",))])] == ["unique_expression"]


def test_names_of_any_kind(shop):
    shop.run('CREATE TABLE "a ""b\'" ("se lect" TEXT PRIMARY KEY, u INT UNIQUE)')
    with watching(shop, "a \"b'", "se lect") as log:
        shop.run('INSERT INTO "a ""b\'" VALUES (\'x\', 1)')

        assert noted(log, "a \"b'", TEXT) == [("x",)]


def test_the_row_id_goes_by_a_name_that_no_column_hides(shop):
    shop.run("CREATE TABLE t (rowid TEXT PRIMARY KEY, oid INT)", "CREATE TABLE w (k TEXT PRIMARY KEY) WITHOUT ROWID")
    connection = sqlite3.connect(shop.path)
    named = {each.columns[0][0] for each in uniques(connection, "t")}

    assert named == {"rowid", "_rowid_"}
    assert [each.columns[0][0] for each in uniques(connection, "w")] == ["k"]
    connection.close()
