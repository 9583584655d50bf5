from migrations_app.stores.tables.schema import Column, ColumnType, Table, TypeKind


def test_a_table_gives_a_column_by_its_name_or_none():
    number = Column("number", ColumnType(TypeKind.INTEGER, "bigint", bits=64), nullable=False)
    table = Table("public.orders", (number,))

    assert table.column("number") is number
    assert table.column("Number") is None
