import pytest

from migrations_app.stores.tables.becoming import created_default, created_type, identity, transformed
from migrations_app.stores.tables.schema import Column, ColumnType, Generated, TypeKind
from migrations_app.stores.tables.selection import Transform, TransformKind

TEXT = ColumnType(TypeKind.TEXT, "text")
NUMBER = ColumnType(TypeKind.INTEGER, "bigint", bits=64)


@pytest.mark.parametrize(
    ("held", "native"),
    [
        (ColumnType(TypeKind.INTEGER, "TINYINT", bits=64), "bigint"),
        (ColumnType(TypeKind.INTEGER, "", bits=16), "smallint"),
        (ColumnType(TypeKind.DECIMAL, "", precision=9, scale=2), "numeric(9,2)"),
        (ColumnType(TypeKind.DECIMAL, ""), "numeric"),
        (ColumnType(TypeKind.FLOAT, "", bits=32), "real"),
        (ColumnType(TypeKind.TEXT, "VARCHAR(9)"), "text"),
        (ColumnType(TypeKind.TEXT, "", length=9), "character varying(9)"),
        (ColumnType(TypeKind.INSTANT, "", precision=3), "timestamp(3) with time zone"),
        (ColumnType(TypeKind.TIME, ""), "time without time zone"),
        (ColumnType(TypeKind.INTERVAL, "", precision=6), "interval"),
        (ColumnType(TypeKind.JSON, "JSON_TEXT"), "jsonb"),
        (ColumnType(TypeKind.ANY, ""), "text"),
        (ColumnType(TypeKind.OTHER, "geometry"), "text"),
        (ColumnType(TypeKind.ARRAY, "INTEGER ARRAY", element=NUMBER), "bigint[]"),
    ],
)
def test_types_of_others_have_a_name_in_postgresql(held, native):
    assert created_type(held, source="sqlite", engine="postgres").native == native


def test_types_of_a_schema_are_replaced_by_what_they_are_made_of():
    enum = ColumnType(TypeKind.OTHER, "public.mood")
    domain = ColumnType(TypeKind.DECIMAL, "shop.percent", precision=5, scale=2)
    inet = ColumnType(TypeKind.OTHER, "inet")

    assert created_type(enum, source="postgres", engine="postgres").native == "text"
    assert created_type(domain, source="postgres", engine="postgres").native == "numeric(5,2)"
    assert created_type(inet, source="postgres", engine="postgres") is inet


@pytest.mark.parametrize(
    ("default", "wanted", "source", "engine", "expected"),
    [
        ("'x'::text", TEXT, "postgres", "postgres", "'x'::text"),
        ("shop.next()", NUMBER, "postgres", "postgres", ""),
        ("'a.b'::text", TEXT, "postgres", "postgres", "'a.b'::text"),
        ("'sad'::public.mood", TEXT, "postgres", "postgres", ""),
        ("nextval('public.s'::regclass)", NUMBER, "postgres", "postgres", ""),
        ("'it''s'::character varying(9)", TEXT, "postgres", "sqlite", "'it''s'"),
        ("now()", TEXT, "postgres", "sqlite", ""),
        ("'-1'::integer", NUMBER, "postgres", "sqlite", ""),
        ("7", NUMBER, "postgres", "sqlite", "7"),
        ("1.50", ColumnType(TypeKind.DECIMAL, ""), "postgres", "sqlite", "'1.50'"),
        ("true", ColumnType(TypeKind.BOOLEAN, ""), "postgres", "sqlite", "1"),
        ("0", ColumnType(TypeKind.BOOLEAN, ""), "sqlite", "postgres", "false"),
        ("CURRENT_TIMESTAMP", ColumnType(TypeKind.TIMESTAMP, ""), "sqlite", "postgres", ""),
        ("CURRENT_TIMESTAMP", ColumnType(TypeKind.TIMESTAMP, ""), "sqlite", "sqlite", "(CURRENT_TIMESTAMP)"),
        ("'{}'", ColumnType(TypeKind.JSON, ""), "sqlite", "postgres", ""),
    ],
)
def test_a_default_goes_along_where_it_means_the_same(default, wanted, source, engine, expected):
    column = Column("c", wanted, default=default)

    assert created_default(column, wanted, source=source, engine=engine) == expected


def test_numbers_are_given_where_they_were():
    assert identity(Column("c", NUMBER, generated=Generated.ALWAYS), True, NUMBER) is Generated.ALWAYS
    assert identity(Column("c", NUMBER), True, NUMBER) is Generated.BY_DEFAULT
    assert identity(Column("c", NUMBER), False, NUMBER) is Generated.NO
    assert identity(Column("c", NUMBER), True, TEXT) is Generated.NO


def test_transforms_change_the_type():
    kinds = [
        transformed(NUMBER, [Transform(kind)]).kind
        for kind in (TransformKind.EPOCH_SECONDS, TransformKind.ROUND, TransformKind.TRIM, TransformKind.IF_NULL)
    ]

    assert kinds == [TypeKind.INSTANT, TypeKind.DECIMAL, TypeKind.TEXT, TypeKind.INTEGER]
