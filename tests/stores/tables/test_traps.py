"""Traps that real rows of both kinds of databases hold, found by the query of planning."""

import pytest

from migrations_app.stores.tables import mapping
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.traps import Code, beyond, traps
from tests.stores.tables.places import postgres_place, sqlite_place

TARGET = """
CREATE TABLE t (id bigint PRIMARY KEY, short varchar(3), small smallint, price numeric(5,2), ratio real, at timestamptz,
  born date, doc jsonb, flag boolean, note text, needed text NOT NULL, raw bytea, whole int, day timestamp(0));
"""


def found(source, target, engine="postgres", **parameters):
    """(column, code) -> (rows, keys) of every trap."""
    with source.open(read_only=True) as database, target.open(read_only=True) as other:
        held, there = database.catalogue(), other.catalogue()
        selections, problems = mapping.selections(held, there, parameters, engine=engine)
        assert problems == []
        return {(each.column, str(each.code)): (each.rows, each.keys) for each in traps(database, selections, there)}


@pytest.mark.servers
def test_every_trap_of_a_sqlite_file_is_found(sqlite, postgres, postgres_server):
    postgres_server.sql(TARGET, postgres.config["database"])
    with sqlite.open() as database:
        connection = database._open(create=True)
        connection.execute(
            """CREATE TABLE t (id INTEGER PRIMARY KEY, short TEXT, small INT, price DECIMAL, ratio REAL, at TEXT,
               born DATE, doc TEXT, flag, note TEXT, needed TEXT, raw BLOB, whole, day TEXT)"""
        )
        good = (
            "abc", -32768, "1.50", 0.5, "2020-01-01 00:00:00+01", "2020-02-29", "{}", 1, "é", "x", b"\0", 7,
            "2020-01-01",
        )  # fmt: skip
        bad = {
            2: {"short": "abcd", "small": 32768, "price": "1.555", "ratio": 0.1, "at": "2020-01-01 00:00:00"},
            3: {"born": "2023-02-29", "doc": "{", "flag": 2, "note": "a\0b", "needed": None, "raw": "text"},
            4: {"price": 1000, "ratio": 1e300, "whole": "seven", "small": 1.5, "day": "2020-01-01 00:00:00.5"},
            5: {"short": "äöü", "doc": '"\\u0000"', "price": "infinity"},
        }
        names = [
            "short",
            "small",
            "price",
            "ratio",
            "at",
            "born",
            "doc",
            "flag",
            "note",
            "needed",
            "raw",
            "whole",
            "day",
        ]
        for key in range(1, 7):
            row = dict(zip(names, good, strict=True)) | bad.get(key, {})
            marks = ", ".join("?" * (len(names) + 1))
            connection.execute(f"INSERT INTO t VALUES ({marks})", [key, *row.values()])  # noqa: S608 - marks alone
        connection.execute("UPDATE t SET note = CAST(x'ff' AS TEXT) WHERE id = 6")

    assert found(sqlite, postgres) == {
        ("short", "too_long"): (1, (("2",),)),
        ("small", "out_of_range"): (1, (("2",),)),
        ("small", "no_value"): (1, (("4",),)),
        ("price", "too_precise"): (1, (("2",),)),
        ("price", "out_of_range"): (1, (("4",),)),
        ("price", "no_value"): (1, (("5",),)),
        ("ratio", "too_precise"): (1, (("2",),)),
        ("ratio", "out_of_range"): (1, (("4",),)),
        ("at", "no_value"): (1, (("2",),)),
        ("born", "no_value"): (1, (("3",),)),
        ("doc", "no_value"): (2, (("3",), ("5",))),
        ("flag", "no_value"): (1, (("3",),)),
        ("note", "nul"): (1, (("3",),)),
        ("note", "not_utf8"): (1, (("6",),)),
        ("needed", "null"): (1, (("3",),)),
        ("raw", "no_value"): (1, (("3",),)),
        ("whole", "no_value"): (1, (("4",),)),
        ("day", "too_precise"): (1, (("4",),)),
    }
    mended = {
        "source": "t",
        "columns": {
            "short": {"source": "short", "transforms": [{"kind": "cut", "text": 3}]},
            "note": {"source": "note", "transforms": ["remove_nul"]},
            "needed": {"source": "needed", "transforms": [{"kind": "if_null", "text": ""}]},
            "price": {"source": "price", "transforms": [{"kind": "constant", "text": "1"}]},
        },
        "where": [{"column": "id", "operator": "!=", "values": [6]}],
    }
    assert {column for column, _ in found(sqlite, postgres, tables=[mended])}.isdisjoint(mended["columns"])


@pytest.mark.servers
def test_every_trap_of_a_postgresql_table_is_found(postgres, postgres_server):
    postgres_server.sql(
        """CREATE TABLE t (id bigint PRIMARY KEY, short text, small int, price numeric, ratio float8, doc json,
             flag int, needed text, whole numeric, day timestamp);
           INSERT INTO t VALUES (1, 'abc', 1, 1.50, 0.5, '{}', 1, 'x', 2.0, '2020-01-01'),
             (2, 'abcd', 32768, 1.555, 0.1, '"\\u0000"', 2, NULL, 2.5, '2020-01-01 00:00:00.5'),
             (3, NULL, -32768, 1000, 1e300, NULL, 0, 'x', 'NaN', 'infinity'),
             (4, NULL, NULL, 'NaN', 1e-300, NULL, NULL, 'x', NULL, NULL),
             (5, 'äöü', 0, 'Infinity', 'NaN', '1', 1, '', 3, NULL)""",
        postgres.config["database"],
    )
    with postgres_place(postgres_server) as other:
        postgres_server.sql(TARGET, other.config["database"])

        assert found(postgres, other) == {
            ("short", "too_long"): (1, (("2",),)),
            ("small", "out_of_range"): (1, (("2",),)),
            ("price", "too_precise"): (1, (("2",),)),
            ("price", "out_of_range"): (2, (("3",), ("5",))),
            ("ratio", "too_precise"): (2, (("2",), ("4",))),
            ("ratio", "out_of_range"): (1, (("3",),)),
            ("doc", "no_value"): (1, (("2",),)),
            ("flag", "no_value"): (1, (("2",),)),
            ("needed", "null"): (1, (("2",),)),
            ("whole", "no_value"): (2, (("2",), ("3",))),
            ("day", "too_precise"): (1, (("2",),)),
        }


@pytest.mark.servers
def test_values_that_are_equal_under_the_targets_keys_are_found(postgres, postgres_server, tmp_path):
    postgres_server.sql(
        """CREATE TABLE t (id bigint PRIMARY KEY, name text, mail text);
           INSERT INTO t VALUES (1, 'Ann', 'a'), (2, 'ann', 'b'), (3, 'Bob', 'b'), (4, NULL, NULL)""",
        postgres.config["database"],
    )
    place = sqlite_place(tmp_path / "target.db")
    with place.open() as database:
        database._open(create=True).execute(
            """CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE NOT NULL UNIQUE,
                 mail TEXT NOT NULL UNIQUE)"""
        )

    assert found(postgres, place, "sqlite") == {
        ("name", "null"): (1, (("4",),)),
        ("mail", "null"): (1, (("4",),)),
        ('"name"', "duplicate"): (2, ()),
        ('"mail"', "duplicate"): (2, ()),
    }


def test_sqlite_takes_any_value_of_sqlite_but_no_null_in_a_key(tmp_path):
    source, target = sqlite_place(tmp_path / "source.db"), sqlite_place(tmp_path / "target.db")
    with source.open() as database:
        database._open(create=True).executescript(
            "CREATE TABLE t (k TEXT PRIMARY KEY, n INT); INSERT INTO t VALUES (NULL, 1), ('a', 'word'), ('A', x'00')"
        )
    with target.open() as database:
        database._open(create=True).execute("CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, n INT)")

    assert {(each, rows) for each, (rows, _) in found(source, target, "sqlite").items()} == {
        (("k", "null"), 1),
        (('"k"', "duplicate"), 2),
    }


@pytest.mark.parametrize(
    ("wanted", "text", "code"),
    [
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=0), "999", None),
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=3), "0.123", None),
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=3), "1.123", Code.OUT_OF_RANGE),
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=-2), "12300", None),
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=-2), "12345", Code.TOO_PRECISE),
        (ColumnType(TypeKind.DECIMAL, "", precision=3, scale=0), "NaN", None),
        (ColumnType(TypeKind.TEXT, "", length=1), "\\\\", None),
        (ColumnType(TypeKind.FLOAT, "", bits=32), "Infinity", None),
        (ColumnType(TypeKind.FLOAT, "", bits=32), "1e+39", Code.OUT_OF_RANGE),
        (ColumnType(TypeKind.TIME, "", precision=2), "09:00:00.12", None),
        (ColumnType(TypeKind.INSTANT, "", precision=2), "2020-01-01 09:00:00.123+00", Code.TOO_PRECISE),
        (ColumnType(TypeKind.INSTANT, "", precision=0), "infinity", None),
    ],
)
def test_limits_of_types(wanted, text, code):
    assert beyond(wanted, text) is code
