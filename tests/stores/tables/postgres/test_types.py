from migrations_app.stores.tables.postgres.types import PostgresType, column_type
from migrations_app.stores.tables.schema import ColumnType, TypeKind

TYPES = {
    1: PostgresType("numeric", "numeric", False, 0, 0, -1),
    2: PostgresType("money_amount", "shop.money_amount", False, 1, 0, ((12 << 16) | 2) + 4),
    3: PostgresType("_money_amount", "shop.money_amount[]", True, 0, 2, -1),
    4: PostgresType("amounts", "shop.amounts", False, 3, 0, -1),
    5: PostgresType("varchar", "character varying", False, 0, 0, -1),
    6: PostgresType("tsvector", "tsvector", False, 0, 0, -1),
}


def test_a_domain_has_the_limits_of_its_base_and_its_own_name():
    assert column_type(TYPES, 2, -1, "shop.money_amount") == ColumnType(
        TypeKind.DECIMAL, "shop.money_amount", precision=12, scale=2
    )


def test_a_domain_over_an_array_of_a_domain_is_an_array():
    found = column_type(TYPES, 4, -1, "shop.amounts")

    assert (found.kind, found.native, found.element.native) == (TypeKind.ARRAY, "shop.amounts", "shop.money_amount")


def test_what_has_no_kind_is_moved_as_its_text():
    assert column_type(TYPES, 6, -1, "tsvector").kind is TypeKind.OTHER
    assert column_type(TYPES, 5, 9, "character varying(5)").length == 5
