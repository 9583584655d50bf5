from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from migrations_app.stores.tables.alchemy.abilities import OF_NOTHING_KNOWN, abilities_of
from migrations_app.stores.tables.alchemy.values import binder, bound, plain, restored
from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.canonical import canonical
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped

MYSQL = abilities_of("mysql")
AMOUNT = ColumnType(TypeKind.DECIMAL, "DECIMAL(6, 2)", precision=6, scale=2)
SECOND = ColumnType(TypeKind.TIMESTAMP, "DATETIME", precision=0)


@pytest.mark.parametrize(
    ("kind", "native", "value", "text"),
    [
        (TypeKind.DECIMAL, "DECIMAL", Decimal("1E+3"), "1000"),
        (TypeKind.INSTANT, "TIMESTAMP", datetime(2020, 2, 29, 1, 2, 3), "2020-02-29 01:02:03+00"),  # noqa: DTZ001
        (TypeKind.INSTANT, "x", datetime(2020, 2, 29, tzinfo=UTC), "2020-02-29 00:00:00+00"),
        (TypeKind.DATE, "DATE", date(2020, 2, 29), "2020-02-29"),
        (TypeKind.DATE, "DATE", "0000-00-00", "\\!t0000-00-00"),
        (TypeKind.TIME, "TIME", timedelta(hours=9, microseconds=5), "09:00:00.000005"),
        (TypeKind.TIME, "TIME", timedelta(hours=25), "\\!t25:00:00.000000"),
        (TypeKind.INTERVAL, "INTERVAL", timedelta(hours=-25), "PT-25H"),
        (TypeKind.INTEGER, "BIT(3)", b"\x05", "5"),
        (TypeKind.BOOLEAN, "BOOLEAN", True, "true"),
        (TypeKind.BYTES, "BLOB", bytearray(b"\x00\xff"), "00ff"),
    ],
)
def test_what_drivers_give_has_its_canonical_text(kind, native, value, text):
    held = ColumnType(kind, native)
    assert canonical(held, plain(held)(value)) == text


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (AMOUNT, "1.234"),
        (AMOUNT, "10000"),
        (AMOUNT, "NaN"),
        (SECOND, "2020-02-29 01:02:03.4"),
        (ColumnType(TypeKind.DATE, "DATE"), "0044-03-15 BC"),
        (ColumnType(TypeKind.DATE, "DATE"), Foreign("\\!t0000-00-00")),
        (ColumnType(TypeKind.FLOAT, "DOUBLE", bits=64), float("inf")),
        (ColumnType(TypeKind.FLOAT, "FLOAT", bits=32), 0.1),
    ],
)
def test_what_would_be_rounded_or_is_no_value_is_refused(wanted, value):
    with pytest.raises(Refused, match="Column “c”"):
        binder(Mapped("c", "c", type=wanted), MYSQL)(value)


def test_values_are_bound_as_the_database_takes_them():
    instant = ColumnType(TypeKind.INSTANT, "TIMESTAMP(6)", precision=6)
    assert bound(instant, "2020-02-29 01:02:03+00", MYSQL) == "2020-02-29 01:02:03"
    assert bound(instant, "2020-02-29 01:02:03+00", OF_NOTHING_KNOWN) == datetime(2020, 2, 29, 1, 2, 3, tzinfo=UTC)
    assert bound(AMOUNT, "1.5", OF_NOTHING_KNOWN) == Decimal("1.5")
    text = Mapped("c", "c", type=ColumnType(TypeKind.TEXT, "LONGTEXT"))
    assert binder(text, MYSQL)(Foreign("a\\0b")) == "a\0b"
    assert restored(Mapped("c", "c", type=ColumnType(TypeKind.DATE, "DATE")), "\\!t0000-00-00", MYSQL) == "0000-00-00"
