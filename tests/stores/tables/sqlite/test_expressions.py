import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.schema import Column, ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import Condition, KeyRange, Mapped, Operator, Selection
from migrations_app.stores.tables.sqlite.expressions import Words, quoted

NUMBER = ColumnType(TypeKind.INTEGER, "INTEGER")
TEXT = ColumnType(TypeKind.TEXT, "TEXT")
TABLE = Table("old", (Column('we"ird', TEXT), Column("id", NUMBER)))
SELECTION = Selection(
    "old",
    "new",
    ("id",),
    (Mapped("number", "id", type=NUMBER), Mapped("name", 'we"ird', type=TEXT)),
    (Condition('we"ird', Operator.MORE, ("m",)), Condition("id", Operator.ONE_OF, ("1", "2"))),
)


def test_filters_and_ranges_are_bound():
    where, values = Words(SELECTION, Side.SOURCE, TABLE).where(KeyRange(("3",), ("9",)))

    assert where == (' WHERE "we""ird" COLLATE BINARY > ? AND "id" IN (?, ?) AND ("id") > (?) AND ("id") <= (?)')
    assert values == ["m", 1, 2, 3, 9]


def test_the_target_has_its_own_names_and_no_filter():
    words = Words(SELECTION, Side.TARGET, Table("new", (Column("number", NUMBER), Column("name", TEXT))))

    assert words.columns() == ['"number"', '"name"']
    assert words.where(KeyRange(("3",))) == (' WHERE ("number") > (?)', [3])


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValidationFailed, match="“id”"):
        Words(SELECTION, Side.SOURCE, Table("old", (Column('we"ird', TEXT),))).columns()


def test_names_are_quoted():
    assert quoted('a"b') == '"a""b"'
