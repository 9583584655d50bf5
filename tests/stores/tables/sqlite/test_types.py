import sqlite3

import pytest

from migrations_app.stores.tables.canonical import canonical, native
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.sqlite.types import DECLARED, column_type, declared_type


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("", TypeKind.ANY),
        ("ANY", TypeKind.ANY),
        ("geometry", TypeKind.ANY),
        ("INTEGER", TypeKind.INTEGER),
        ("unsigned big int", TypeKind.INTEGER),
        ("varchar(20)", TypeKind.TEXT),
        ("NVARCHAR(100)", TypeKind.TEXT),
        ("decimal(10, 2)", TypeKind.DECIMAL),
        ("bool", TypeKind.BOOLEAN),
        ("datetime", TypeKind.TIMESTAMP),
        ("TIMESTAMP WITH TIME ZONE", TypeKind.INSTANT),
        ("timestamptz", TypeKind.INSTANT),
        ("date", TypeKind.DATE),
        ("time", TypeKind.TIME),
        ("interval", TypeKind.INTERVAL),
        ("uuid", TypeKind.UUID),
        ("jsonb", TypeKind.JSON),
        ("double precision", TypeKind.FLOAT),
        ("BLOB", TypeKind.BYTES),
    ],
)
def test_kinds_are_told_by_the_declared_type(declared, kind):
    assert column_type(declared).kind is kind
    assert column_type(declared).native == declared


def test_limits_are_none_because_nothing_enforces_them():
    found = column_type("decimal(10, 2)")

    assert (found.precision, found.scale, column_type("varchar(20)").length) == (None, None, None)
    assert column_type("tinyint").bits == 64


@pytest.mark.parametrize("kind", [kind for kind in DECLARED if kind is not TypeKind.OTHER])
def test_what_a_kind_is_declared_as_is_read_as_that_kind_again(kind):
    assert column_type(declared_type(ColumnType(kind, ""))).kind is kind
    array = ColumnType(TypeKind.ARRAY, "", element=ColumnType(kind, ""))
    if kind is not TypeKind.ANY:
        assert column_type(declared_type(array)).element.kind is kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TypeKind.DECIMAL, "123456789012345678901234567890.123456789"),
        (TypeKind.DECIMAL, "0.1"),
        (TypeKind.FLOAT, "NaN"),
        (TypeKind.FLOAT, "Infinity"),
        (TypeKind.JSON, "1.50"),
        (TypeKind.TEXT, "007"),
        (TypeKind.UUID, "123e4567-e89b-12d3-a456-426614174000"),
        (TypeKind.DATE, "infinity"),
        (TypeKind.INTERVAL, "PT0S"),
        (TypeKind.ARRAY, "{1}"),
        (TypeKind.BOOLEAN, "true"),
    ],
)
def test_a_column_that_is_declared_so_keeps_values_exactly(kind, text):
    column = ColumnType(kind, "", element=ColumnType(TypeKind.INTEGER, "") if kind is TypeKind.ARRAY else None)
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (c {declared_type(column)})")
    connection.execute("INSERT INTO t VALUES (?)", [native(column, text)])
    (value,) = connection.execute("SELECT c FROM t").fetchone()
    connection.close()

    assert canonical(column, value) == text
