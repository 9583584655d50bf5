"""That the texts are right is seen in `tests/stores/tables/test_canonical.py`, beside SQLite's."""

import pytest

from migrations_app.stores.tables.postgres.canonical import text_of, value_of
from migrations_app.stores.tables.schema import ColumnType, TypeKind

pytestmark = pytest.mark.servers


def test_null_stays_null_whatever_is_made_of_it(postgres):
    held = {
        TypeKind.BOOLEAN: "boolean",
        TypeKind.INTEGER: "bigint",
        TypeKind.DECIMAL: "numeric",
        TypeKind.FLOAT: "real",
        TypeKind.TEXT: "text",
        TypeKind.BYTES: "bytea",
        TypeKind.DATE: "date",
        TypeKind.TIMESTAMP: "timestamp",
        TypeKind.INSTANT: "timestamptz",
        TypeKind.JSON: "json",
        TypeKind.UUID: "uuid",
    }
    pairs = [(kind, kind) for kind in held] + [
        (TypeKind.BOOLEAN, TypeKind.INTEGER),
        (TypeKind.INTEGER, TypeKind.BOOLEAN),
        (TypeKind.INTEGER, TypeKind.DECIMAL),
        (TypeKind.INTEGER, TypeKind.FLOAT),
        (TypeKind.DECIMAL, TypeKind.INTEGER),
        (TypeKind.DECIMAL, TypeKind.FLOAT),
        (TypeKind.FLOAT, TypeKind.INTEGER),
        (TypeKind.FLOAT, TypeKind.DECIMAL),
        (TypeKind.DATE, TypeKind.TIMESTAMP),
        (TypeKind.INSTANT, TypeKind.TIMESTAMP),
        (TypeKind.JSON, TypeKind.TEXT),
        (TypeKind.BYTES, TypeKind.ANY),
    ]
    texts = [
        text_of(f"NULL::{held[one]}", ColumnType(one, held[one]), ColumnType(other, held.get(other, "")))
        for one, other in pairs
    ]
    with postgres.open(read_only=True) as database:
        (row,) = database._open().execute(f"SELECT {', '.join(texts)}").fetchall()

    assert row == (None,) * len(pairs)


def test_a_row_with_a_null_in_it_is_a_value(postgres):
    pair = ColumnType(TypeKind.OTHER, "public.pair")
    with postgres.open() as database:
        connection = database._open()
        connection.execute("CREATE TYPE pair AS (a int, b text)")
        texts = [text_of(f"{value}::public.pair", pair, pair) for value in ("ROW(1, NULL)", "ROW(NULL, NULL)", "NULL")]
        row = connection.execute(f"SELECT {', '.join(texts)}").fetchone()

    assert row == ("(1,)", "(,)", None)


def test_a_key_is_looked_up_by_its_index(postgres):
    column = ColumnType(TypeKind.INSTANT, "timestamp with time zone")
    with postgres.open() as database, database._errors():
        connection = database._open()
        connection.execute("CREATE TABLE t (at timestamptz PRIMARY KEY)")
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            f"EXPLAIN SELECT FROM t WHERE at > {value_of('%s', column)}", ["2020-01-01 00:00:00+00"]
        ).fetchall()

    assert "Index Cond" in str(plan)
