import psycopg
import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.postgres.canonical import text_of
from migrations_app.stores.tables.postgres.expressions import Words, table_name
from migrations_app.stores.tables.schema import Column, ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import (
    Condition,
    KeyRange,
    Mapped,
    Operator,
    Selection,
    Transform,
    TransformKind,
)
from tests.stores.tables.orders import Orders

pytestmark = pytest.mark.servers

TYPES = {
    "text": ColumnType(TypeKind.TEXT, "text"),
    "bigint": ColumnType(TypeKind.INTEGER, "bigint", bits=64),
    "double precision": ColumnType(TypeKind.FLOAT, "double precision", bits=64),
    "numeric": ColumnType(TypeKind.DECIMAL, "numeric"),
    "timestamp": ColumnType(TypeKind.TIMESTAMP, "timestamp without time zone"),
    "timestamptz": ColumnType(TypeKind.INSTANT, "timestamp with time zone"),
}


@pytest.fixture
def connection(postgres):
    with Orders(postgres).connected() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def words(connection: psycopg.Connection, mapped: Mapped, held: str, *where: Condition) -> Words:
    table = Table("public.old", (Column("old", TYPES[held]),))
    return Words(connection, Selection("public.old", "public.new", (), (mapped,), where), Side.SOURCE, table)


@pytest.mark.parametrize(
    ("value", "held", "kind", "text", "wanted", "expected"),
    [
        ("  a  ", "text", TransformKind.TRIM, "", "text", "a"),
        ("AÄ", "text", TransformKind.LOWER, "", "text", "aÄ"),
        ("aä", "text", TransformKind.UPPER, "", "text", "Aä"),
        ("äb\\c", "text", TransformKind.CUT, "3", "text", "äb\\\\"),
        (None, "text", TransformKind.UPPER, "", "text", None),
        (None, "bigint", TransformKind.IF_NULL, "7", "bigint", "7"),
        (3, "bigint", TransformKind.NULL_IF, "3", "bigint", None),
        (2.5, "double precision", TransformKind.ROUND, "0", "numeric", "3"),
        (-2.5, "double precision", TransformKind.ROUND, "0", "numeric", "-3"),
        ("1.005", "numeric", TransformKind.ROUND, "2", "numeric", "1.01"),
        (1234, "bigint", TransformKind.ROUND, "-2", "bigint", "1200"),
        (0, "bigint", TransformKind.EPOCH_SECONDS, "", "timestamptz", "1970-01-01 00:00:00+00"),
        (-1, "bigint", TransformKind.EPOCH_MILLISECONDS, "", "timestamptz", "1969-12-31 23:59:59.999+00"),
        (1.5, "double precision", TransformKind.EPOCH_SECONDS, "", "timestamptz", "1970-01-01 00:00:01.5+00"),
        (-62_135_596_801, "bigint", TransformKind.EPOCH_SECONDS, "", "timestamptz", "0001-12-31 23:59:59+00 BC"),
        (
            "2024-02-29 23:30:00",
            "timestamp",
            TransformKind.TIME_ZONE,
            "-01:30",
            "timestamptz",
            "2024-03-01 01:00:00+00",
        ),
        ("2024-02-29 23:30:00", "timestamp", TransformKind.TIME_ZONE, "UTC", "timestamptz", "2024-02-29 23:30:00+00"),
        (9, "bigint", TransformKind.CONSTANT, "x\\'y", "text", "x\\\\'y"),
    ],
)
def test_transforms_mean_what_they_mean_in_sqlite(connection, value, held, kind, text, wanted, expected):
    """The rows are those of `sqlite/test_values.py`."""
    mapped = Mapped("new", "old", (Transform(kind, text),), TYPES[wanted])
    (made,) = words(connection, mapped, held).values()

    text = text_of(made.sql, made.type, mapped.type).replace("%", "%%")
    row = connection.execute(
        f"SELECT {text} FROM (SELECT %s::{held} AS old) AS moved".encode(),  # noqa: S608 - what is tested
        [value],
    ).fetchone()

    assert row == (expected,)


def test_a_zone_that_databases_know_otherwise_is_refused(connection):
    mapped = Mapped("new", "old", (Transform(TransformKind.TIME_ZONE, "Europe/Berlin"),), TYPES["timestamptz"])

    with pytest.raises(ValidationFailed, match="Europe/Berlin"):
        words(connection, mapped, "timestamp").values()


def test_what_looks_like_sql_stays_a_text(connection):
    hostile = "'; DROP TABLE old; --\\"
    mapped = Mapped("new", "old", type=TYPES["text"])
    where = words(connection, mapped, "text", Condition("old", Operator.EQUAL, (hostile.replace("\\", "\\\\"),))).where(
        KeyRange()
    )

    statement = f"SELECT count(*) FROM (SELECT %s::text AS old) AS moved{where}"  # noqa: S608 - what is tested
    found = connection.execute(statement.encode(), [hostile]).fetchone()

    assert found == (1,)


def test_names_are_quoted():
    assert table_name('shop.or"ders') == '"shop"."or""ders"'
