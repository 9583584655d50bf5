import math

import pytest

from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped, Transform, TransformKind
from migrations_app.stores.tables.sqlite.values import binder, carrier, text_maker

TEXT = ColumnType(TypeKind.TEXT, "text")
NUMBER = ColumnType(TypeKind.INTEGER, "bigint", bits=64)
FLOAT = ColumnType(TypeKind.FLOAT, "double precision", bits=64)
DECIMAL = ColumnType(TypeKind.DECIMAL, "numeric")
BOOLEAN = ColumnType(TypeKind.BOOLEAN, "boolean")
INSTANT = ColumnType(TypeKind.INSTANT, "timestamp with time zone")


def become(value, held, wanted, kind, text=""):
    return text_maker(Mapped("new", "old", (Transform(kind, text),), wanted), held)(value)


@pytest.mark.parametrize(
    ("value", "held", "kind", "text", "wanted", "expected"),
    [
        ("  a  ", TEXT, TransformKind.TRIM, "", TEXT, "a"),
        ("\ta ", TEXT, TransformKind.TRIM, "", TEXT, "\ta"),
        ("AÄ", TEXT, TransformKind.LOWER, "", TEXT, "aÄ"),
        ("aä", TEXT, TransformKind.UPPER, "", TEXT, "Aä"),
        ("äbc", TEXT, TransformKind.CUT, "2", TEXT, "äb"),
        ("a\0b", TEXT, TransformKind.REMOVE_NUL, "", TEXT, "ab"),
        (None, TEXT, TransformKind.UPPER, "", TEXT, None),
        (None, NUMBER, TransformKind.IF_NULL, "7", NUMBER, "7"),
        (3, NUMBER, TransformKind.IF_NULL, "7", NUMBER, "3"),
        (3, NUMBER, TransformKind.NULL_IF, "3", NUMBER, None),
        (2.5, FLOAT, TransformKind.ROUND, "0", DECIMAL, "3"),
        (-2.5, FLOAT, TransformKind.ROUND, "0", DECIMAL, "-3"),
        ("1.005", DECIMAL, TransformKind.ROUND, "2", DECIMAL, "1.01"),
        (1234, NUMBER, TransformKind.ROUND, "-2", NUMBER, "1200"),
        (0, NUMBER, TransformKind.EPOCH_SECONDS, "", INSTANT, "1970-01-01 00:00:00+00"),
        (-1, NUMBER, TransformKind.EPOCH_MILLISECONDS, "", INSTANT, "1969-12-31 23:59:59.999+00"),
        (1.5, FLOAT, TransformKind.EPOCH_SECONDS, "", INSTANT, "1970-01-01 00:00:01.5+00"),
        (-62_135_596_801, NUMBER, TransformKind.EPOCH_SECONDS, "", INSTANT, "0001-12-31 23:59:59+00 BC"),
        ("2024-02-29 23:30:00", TEXT, TransformKind.TIME_ZONE, "-01:30", INSTANT, "2024-03-01 01:00:00+00"),
        ("2024-02-29 23:30:00", TEXT, TransformKind.TIME_ZONE, "UTC", INSTANT, "2024-02-29 23:30:00+00"),
        (9, NUMBER, TransformKind.CONSTANT, "x\\y", TEXT, "x\\\\y"),
    ],
)
def test_transforms(value, held, kind, text, wanted, expected):
    assert become(value, held, wanted, kind, text) == expected


def test_a_value_that_cannot_be_transformed_is_refused():
    with pytest.raises(Refused):
        become("many", NUMBER, DECIMAL, TransformKind.ROUND, "2")


def test_values_travel_as_what_they_become():
    assert carrier(Mapped("a", "a", type=NUMBER), NUMBER)(7) == 7
    assert carrier(Mapped("a", "a", type=NUMBER), NUMBER)(7.0) == 7
    assert carrier(Mapped("a", "a", type=TEXT), TEXT)("a\\b") == "a\\b"
    assert carrier(Mapped("a", "a", type=BOOLEAN), NUMBER)(1) == "true"
    assert carrier(Mapped("a", "a", type=DECIMAL), DECIMAL)(1.5) == "1.5"


@pytest.mark.parametrize(("value", "wanted"), [("abc", NUMBER), (b"\x01", TEXT), (7, BOOLEAN)])
def test_what_is_no_value_of_its_kind_is_foreign(value, wanted):
    assert isinstance(carrier(Mapped("a", "a", type=wanted), wanted)(value), Foreign)


def test_one_and_true_are_not_taken_for_each_other():
    carry = carrier(Mapped("a", "a", type=ColumnType(TypeKind.ANY, "")), ColumnType(TypeKind.ANY, ""))

    assert [carry(1), carry(1.0), carry("1")] == ["i1", "r1", "t1"]


def test_what_sqlite_stores():
    assert binder(Mapped("a", "a", type=BOOLEAN))("true") == 1
    assert binder(Mapped("a", "a", type=FLOAT))(0.5) == 0.5
    stored = binder(Mapped("a", "a", type=FLOAT))(math.nan)
    assert stored is not None
    assert stored == "NaN"  # SQLite would make a null of a float that is none
    assert binder(Mapped("a", "a", type=NUMBER))(Foreign("\\!tabc")) == "abc"
