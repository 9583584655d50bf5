import pytest

from migrations_app.stores.tables.mapping import selections
from migrations_app.stores.tables.schema import Catalogue, Column, ColumnType, Generated, Key, Table, TypeKind
from migrations_app.stores.tables.selection import Condition, Mapped, Operator, Transform, TransformKind

NUMBER = ColumnType(TypeKind.INTEGER, "bigint", bits=64)
TEXT = ColumnType(TypeKind.TEXT, "text")


def table(name, *columns, key="id"):
    made = tuple(
        each if isinstance(each, Column) else Column(each, NUMBER if each == "id" else TEXT) for each in columns
    )
    return Table(name, made, keys=(Key(f"{name}_pkey", (key,), primary=True),) if key else ())


def postgres(*tables, schemas="public"):
    return Catalogue({each.name: each for each in tables}, details={"engine": "postgres", "schemas": schemas})


def sqlite(*tables):
    return Catalogue({each.name: each for each in tables}, details={"engine": "sqlite"})


def targets(source, target, engine="postgres", **parameters):
    found, problems = selections(source, target, parameters, engine=engine)
    assert problems == []
    return [each.target for each in found]


def fields(source, target, engine="postgres", **parameters):
    return [problem.field for problem in selections(source, target, parameters, engine=engine)[1]]


def test_tables_keep_their_names_where_the_target_can_have_them():
    source = postgres(table("public.a", "id"), table("old.b", "id"), schemas="public, old")

    assert targets(source, postgres()) == ["public.a", "public.b"]
    assert targets(source, postgres(schemas="old, public")) == ["public.a", "old.b"]
    assert targets(source, sqlite(), "sqlite") == ["a", "b"]
    assert targets(sqlite(table("a", "id"), table("x.y", "id")), postgres(schemas="new")) == ["new.a", "new.x.y"]
    assert targets(sqlite(table("a", "id")), postgres(table("second.a", "id"), schemas="first, second")) == ["second.a"]
    assert targets(source, postgres(), tables=["old.b"]) == ["public.b"]


def test_columns_go_by_name_whatever_their_case_where_that_is_clear():
    generated = Column("made", TEXT, generated=Generated.STORED)
    source = sqlite(table("t", "id", "Name", "NOTE", "note", "made", "extra"))
    target = postgres(table("public.t", "name", "id", "note", generated, "absent"))
    (found,), problems = selections(source, target, {}, engine="postgres")

    assert found.columns == (
        Mapped("name", "Name", type=TEXT),
        Mapped("id", "id", type=NUMBER),
        Mapped("note", "note", type=TEXT),
    )
    assert found.key == ("id",)
    assert problems == []


def test_what_is_asked_for_comes_before_the_names():
    source = postgres(table("public.t", "id", "a", "b"))
    asked = {
        "source": "public.t",
        "columns": {
            "x": "a",
            "b": None,
            "since": {"transforms": [{"kind": "constant", "text": "2020"}]},
            "at": {"source": "id", "transforms": ["epoch_seconds"]},
        },
        "key": ["id"],
        "where": [{"column": "b", "operator": "=", "values": ["y"]}],
    }
    (found,), problems = selections(
        source, postgres(table("public.t", "id", "x", "b", "since", "at")), {"tables": [asked]}, engine="postgres"
    )

    # A key has to arrive as it is, and this one goes elsewhere.
    assert [problem.field for problem in problems] == ["parameters.tables.0.key"]
    assert {each.target: (each.source, each.transforms) for each in found.columns}["x"] == ("a", ())
    assert {each.target for each in found.columns} == {"x", "since", "at"}
    assert found.where == (Condition("b", Operator.EQUAL, ("y",)),)
    assert found.columns[1].transforms == (Transform(TransformKind.CONSTANT, "2020"),)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("public.none", ["parameters.tables.0.source"]),
        ({"source": "public.t", "columns": {"x": "none"}}, ["parameters.tables.0.columns.x.source"]),
        ({"source": "public.t", "columns": {"none": "a"}}, ["parameters.tables.0.columns.none"]),
        ({"source": "public.t", "key": ["a"]}, ["parameters.tables.0.key"]),
        ({"source": "public.t", "key": ["none"]}, ["parameters.tables.0.key"]),
        ({"source": "public.t", "where": [{"column": "none", "operator": "is_null"}]}, ["parameters.tables.0.where"]),
        ({"source": "public.t", "target": "t"}, ["parameters.tables.0.target"]),
    ],
)
def test_every_problem_names_its_place(asked, expected):
    source = postgres(table("public.t", "id", "a"))

    assert fields(source, postgres(table("public.t", "id", "a", "x")), tables=[asked]) == expected


def test_two_tables_cannot_go_into_one():
    source = postgres(table("public.t", "id"), table("old.t", "id"), schemas="public, old")

    assert fields(source, sqlite(), "sqlite") == ["parameters.tables.target"]


def test_rows_have_to_be_told_apart_on_both_sides_by_one_key():
    source = postgres(table("public.t", "id", "a"))

    assert fields(source, postgres(table("public.t", "id", "a", key=""))) == ["parameters.tables.key"]
    assert fields(source, postgres(table("public.t", "id", "a", key="a"))) == ["parameters.tables.key"]
    (found,), problems = selections(
        postgres(table("public.t", "id", key="")), postgres(table("public.t", "id")), {}, engine="postgres"
    )
    assert (found.key, problems) == ((), [])


def test_tables_of_other_databases_go_by_their_plain_names_or_into_the_first_schema():
    source = postgres(table("public.t", "id"))

    assert targets(source, Catalogue({}, details={"engine": "mysql"}), "mysql") == ["t"]
    assert targets(source, Catalogue({}, details={"engine": "mysql", "schemas": "a, b"}), "mysql") == ["a.t"]


def test_a_name_that_is_nearly_right_is_suggested():
    problems = selections(postgres(table("shop.Orders", "id")), postgres(), {"tables": ["orders"]}, engine="postgres")[
        1
    ]

    assert problems[0].fix == "Did you mean “shop.Orders”?"
