from sqlalchemy.dialects import mysql

from migrations_app.stores.tables.alchemy.abilities import abilities_of
from migrations_app.stores.tables.alchemy.expressions import Words
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.schema import Column, ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import KeyRange, Mapped, Selection

NUMBER = ColumnType(TypeKind.INTEGER, "BIGINT", bits=64)


def test_ranges_are_written_out_column_by_column():
    table = Table("shop.orders", (Column("a", NUMBER), Column("b", NUMBER)))
    columns = (Mapped("a", "a", type=NUMBER), Mapped("b", "b", type=NUMBER))
    selection = Selection("shop.orders", "orders", ("a", "b"), columns)
    words = Words(selection, Side.SOURCE, table, in_schema=True, able=abilities_of("mysql"), of_mysql=True)
    statement = words.ordered(words.chosen(words.keys(), KeyRange(("1", "2"), ("3", "4"))))
    written = " ".join(str(statement.compile(dialect=mysql.dialect())).replace("shop.orders.", "").split())

    assert written == (
        "SELECT a, b FROM shop.orders WHERE a >= %s AND (a > %s OR a = %s AND b > %s) "
        "AND a <= %s AND (a < %s OR a = %s AND b < %s OR a = %s AND b = %s) ORDER BY a, b"
    )
