"""That the texts are right is seen in `tests/stores/tables/test_canonical.py`, beside PostgreSQL's."""

import sqlite3

import pytest

from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.sqlite.canonical import register, text_of


@pytest.mark.parametrize("kind", TypeKind)
def test_each_kind_has_its_function_and_null_stays_null(kind):
    connection = sqlite3.connect(":memory:")
    register(connection)
    types = [ColumnType(kind, "")] if kind is not TypeKind.ARRAY else []
    types += [ColumnType(TypeKind.ARRAY, "", element=ColumnType(kind, ""))] if kind is not TypeKind.ARRAY else []
    types += [ColumnType(TypeKind.ARRAY, "")] if kind is TypeKind.ARRAY else []

    assert [connection.execute(f"SELECT {text_of('NULL', each)}").fetchone() for each in types] == [(None,)] * len(
        types
    )
    connection.close()
