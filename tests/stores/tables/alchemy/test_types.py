import pytest
from sqlalchemy import types as t
from sqlalchemy.dialects import mssql, mysql, oracle

from migrations_app.stores.tables.alchemy.types import column_type
from migrations_app.stores.tables.canonical import BINARY_JSON
from migrations_app.stores.tables.schema import ColumnType, TypeKind


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (t.Boolean(), ColumnType(TypeKind.BOOLEAN, "x")),
        (t.SMALLINT(), ColumnType(TypeKind.INTEGER, "x", bits=16)),
        (mysql.INTEGER(unsigned=True), ColumnType(TypeKind.INTEGER, "x", bits=33)),
        (mysql.BIGINT(unsigned=True), ColumnType(TypeKind.INTEGER, "x", bits=65)),
        (mysql.TINYINT(1), ColumnType(TypeKind.BOOLEAN, "x")),
        (mysql.TINYINT(), ColumnType(TypeKind.INTEGER, "x", bits=8)),
        (mysql.SET("a", "b"), ColumnType(TypeKind.TEXT, "x")),
        (mysql.FLOAT(), ColumnType(TypeKind.FLOAT, "x", bits=32)),
        (mysql.TIMESTAMP(fsp=3), ColumnType(TypeKind.INSTANT, "x", precision=3)),
        (mysql.BIGINT(), ColumnType(TypeKind.INTEGER, "x", bits=64)),
        (t.Numeric(10, 2), ColumnType(TypeKind.DECIMAL, "x", precision=10, scale=2)),
        (t.REAL(), ColumnType(TypeKind.FLOAT, "x", bits=32)),
        (mysql.DOUBLE(), ColumnType(TypeKind.FLOAT, "x", bits=64)),
        (t.VARCHAR(20), ColumnType(TypeKind.TEXT, "x", length=20)),
        (mysql.ENUM("a", "b"), ColumnType(TypeKind.TEXT, "x", length=1)),
        (oracle.CLOB(), ColumnType(TypeKind.TEXT, "x")),
        (mysql.LONGBLOB(), ColumnType(TypeKind.BYTES, "x")),
        (mssql.VARBINARY(8), ColumnType(TypeKind.BYTES, "x", length=8)),
        (mysql.DATETIME(), ColumnType(TypeKind.TIMESTAMP, "x", precision=0)),
        (t.DateTime(timezone=True), ColumnType(TypeKind.INSTANT, "x")),
        (t.Date(), ColumnType(TypeKind.DATE, "x")),
        (mysql.JSON(), ColumnType(TypeKind.JSON, BINARY_JSON)),
        (mssql.UNIQUEIDENTIFIER(), ColumnType(TypeKind.UUID, "x")),
        (t.NullType(), ColumnType(TypeKind.OTHER, "x")),
    ],
)
def test_types_of_other_databases_have_a_kind(found, expected):
    assert column_type(found, "x") == expected
