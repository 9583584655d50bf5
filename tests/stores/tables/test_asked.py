import pytest

from migrations_app.stores.tables.asked import AskedColumn, AskedTable, read
from migrations_app.stores.tables.selection import Condition, Operator, Transform, TransformKind


def test_nothing_asked_is_no_table():
    assert read(None) == read([]) == ((), [])


def test_everything_that_may_be_said_is_read():
    tables, problems = read(
        [
            "plain",
            {
                "source": "public.orders",
                "target": "orders",
                "key": "id",
                "columns": {
                    "total": "amount",
                    "note": {"source": "text", "transforms": ["trim", {"kind": "cut", "text": 80}]},
                    "origin": {"transforms": [{"kind": "constant", "text": "old"}]},
                    "secret": None,
                },
                "where": [
                    {"column": "year", "operator": ">=", "values": 2020},
                    {"column": "gone", "operator": "is_null"},
                    {"column": "paid", "operator": "one_of", "values": [True, "maybe"]},
                ],
            },
        ]
    )

    assert problems == []
    assert tables[0] == AskedTable("parameters.tables.0", "plain")
    assert tables[1].key == ("id",)
    assert tables[1].columns == {
        "total": AskedColumn("amount"),
        "note": AskedColumn("text", (Transform(TransformKind.TRIM), Transform(TransformKind.CUT, "80"))),
        "origin": AskedColumn(None, (Transform(TransformKind.CONSTANT, "old"),)),
        "secret": None,
    }
    assert tables[1].where == (
        Condition("year", Operator.AT_LEAST, ("2020",)),
        Condition("gone", Operator.IS_NULL),
        Condition("paid", Operator.ONE_OF, ("true", "maybe")),
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("orders", "parameters.tables"),
        ({"source": "orders"}, "parameters.tables"),
        ([{}], "parameters.tables.0"),
        ([{"source": "a", "sorce": "b"}], "parameters.tables.0.sorce"),
        ([{"source": "a", "target": 1}], "parameters.tables.0.target"),
        ([{"source": "a", "key": ["x", "x"]}], "parameters.tables.0.key"),
        ([{"source": "a", "columns": ["x"]}], "parameters.tables.0.columns"),
        ([{"source": "a", "columns": {"x": 1}}], "parameters.tables.0.columns.x"),
        ([{"source": "a", "columns": {"x": {"transforms": ["trim"]}}}], "parameters.tables.0.columns.x.source"),
        (
            [{"source": "a", "columns": {"x": {"source": "y", "transforms": ["sort"]}}}],
            "parameters.tables.0.columns.x.transforms.0",
        ),
        (
            [{"source": "a", "columns": {"x": {"source": "y", "transforms": ["cut"]}}}],
            "parameters.tables.0.columns.x.transforms.0.text",
        ),
        (
            [{"source": "a", "columns": {"x": {"source": "y", "transforms": [{"kind": "time_zone", "text": "CET"}]}}}],
            "parameters.tables.0.columns.x.transforms.0.text",
        ),
        ([{"source": "a", "where": [{"operator": "="}]}], "parameters.tables.0.where.0"),
        ([{"source": "a", "where": [{"column": "x", "operator": "like"}]}], "parameters.tables.0.where.0.operator"),
        ([{"source": "a", "where": [{"column": "x", "operator": "="}]}], "parameters.tables.0.where.0.values"),
    ],
)
def test_every_problem_is_at_its_place(given, field):
    assert [problem.field for problem in read(given)[1]] == [field]


def test_all_problems_come_at_once():
    problems = read([{}, {"source": "a", "key": 1, "where": "x", "columns": []}])[1]

    assert len(problems) == 4
