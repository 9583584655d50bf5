from migrations_app.stores.tables.changes.reversing import back, one_way
from migrations_app.stores.tables.schema import Catalogue, Column, ColumnType, Key, Table, TypeKind
from migrations_app.stores.tables.selection import Condition, Mapped, Operator, Selection, Transform, TransformKind

TEXT, NUMBER = ColumnType(TypeKind.TEXT, "text"), ColumnType(TypeKind.INTEGER, "bigint")
THERE = ColumnType(TypeKind.DECIMAL, "numeric")
ITEMS = Table(
    "shop.items",
    (
        Column("id", NUMBER, nullable=False),
        Column("name", TEXT, nullable=False),
        Column("note", TEXT),
        Column("kind", TEXT, nullable=False, default="'plain'"),
    ),
    (Key("items_pkey", ("id",), primary=True),),
)
CATALOGUE = Catalogue({"shop.items": ITEMS})
TRIMMED = (Transform(TransformKind.TRIM),)


def selection(*columns: Mapped, where: tuple[Condition, ...] = ()) -> Selection:
    return Selection("shop.items", "goods", ("id",), (Mapped("number", "id", (), THERE), *columns), where)


def test_columns_go_back_to_where_they_came_from_as_what_they_were():
    way = back(selection(Mapped("title", "name", (), TEXT)), ITEMS)

    assert (way.source, way.target, way.key, way.target_key) == ("goods", "shop.items", ("number",), ("id",))
    assert way.columns == (Mapped("id", "number", (), NUMBER), Mapped("name", "title", (), TEXT))


def test_what_was_transformed_stays_as_the_source_has_it():
    way = back(selection(Mapped("title", "name", (), TEXT), Mapped("note", "note", TRIMMED)), ITEMS)

    assert [one.target for one in way.columns] == ["id", "name"]


def test_nothing_is_lost_where_everything_is_mapped():
    assert one_way(selection(Mapped("title", "name")), CATALOGUE) == []


def test_what_does_not_come_back_is_said():
    (lost,) = one_way(selection(Mapped("title", "name"), Mapped("note", "note", TRIMMED)), CATALOGUE)

    assert (lost.table, lost.column, lost.blocks) == ("shop.items", "note", False)


def test_a_column_that_needs_a_value_keeps_new_rows_from_coming_back():
    lost = one_way(selection(Mapped("title", "name", TRIMMED)), CATALOGUE)

    assert [(each.column, each.blocks) for each in lost] == [("title", False), ("name", True)]


def test_a_filter_is_said():
    some = (Condition("name", Operator.NOT_NULL),)

    assert [each.column for each in one_way(selection(Mapped("title", "name"), where=some), CATALOGUE)] == [""]
