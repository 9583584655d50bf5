import pytest

from migrations_app.stores.tables.compatibility import Severity, problems
from migrations_app.stores.tables.schema import Catalogue, Column, ColumnType, ForeignKey, Generated, Index, Key, Table
from migrations_app.stores.tables.schema import TypeKind as K
from migrations_app.stores.tables.selection import Mapped, Selection, Transform, TransformKind

TEXT = ColumnType(K.TEXT, "text")
NUMBER = ColumnType(K.INTEGER, "bigint", bits=64)


def found(held, wanted, *transforms, engine="postgres", key=(), **more):
    """(severity, code) of one column that goes from one type into another."""
    source = Catalogue({"s": Table("s", (Column("a", held),), **more)}, details={"engine": engine})
    target = Catalogue({"t": Table("t", (Column("a", wanted),))}, details={"engine": "postgres"})
    selection = Selection("s", "t", key, (Mapped("a", "a", transforms, wanted),))
    return [(each.severity, each.code) for each in problems(source, target, [selection])]


@pytest.mark.parametrize(
    ("held", "wanted", "code"),
    [
        (NUMBER, ColumnType(K.INTEGER, "integer", bits=32), "narrower"),
        (TEXT, ColumnType(K.TEXT, "character varying(9)", length=9), "narrower"),
        (ColumnType(K.DECIMAL, "numeric"), ColumnType(K.DECIMAL, "numeric(9,2)", precision=9, scale=2), "narrower"),
        (
            ColumnType(K.DECIMAL, "numeric(9,3)", precision=9, scale=3),
            ColumnType(K.DECIMAL, "numeric(10,2)", precision=10, scale=2),
            "narrower",
        ),
        (ColumnType(K.TIMESTAMP, "timestamp", precision=6), ColumnType(K.TIMESTAMP, "t(0)", precision=0), "narrower"),
        (ColumnType(K.FLOAT, "double", bits=64), ColumnType(K.FLOAT, "real", bits=32), "narrower"),
        (
            ColumnType(K.ARRAY, "bigint[]", element=NUMBER),
            ColumnType(K.ARRAY, "integer[]", element=ColumnType(K.INTEGER, "integer", bits=32)),
            "narrower",
        ),
        (ColumnType(K.JSON, "json"), ColumnType(K.JSON, "jsonb"), "meaning_only"),
        (ColumnType(K.DECIMAL, "numeric"), ColumnType(K.FLOAT, "double", bits=64), "other_kind"),
        (ColumnType(K.INSTANT, "timestamptz"), ColumnType(K.TIMESTAMP, "timestamp"), "other_kind"),
        (NUMBER, TEXT, "other_kind"),
    ],
)
def test_what_changes_is_a_warning(held, wanted, code):
    assert found(held, wanted) == [(Severity.WARNING, code)]


@pytest.mark.parametrize(
    ("held", "wanted", "code"),
    [
        (ColumnType(K.BYTES, "bytea"), TEXT, "other_kind"),
        (ColumnType(K.DATE, "date"), NUMBER, "other_kind"),
        (ColumnType(K.TIMESTAMP, "timestamp"), ColumnType(K.INSTANT, "timestamptz"), "time_zone"),
    ],
)
def test_what_is_not_possible_is_an_error_with_a_way_out(held, wanted, code):
    assert found(held, wanted) == [(Severity.ERROR, code)]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (NUMBER, NUMBER),
        (ColumnType(K.INTEGER, "integer", bits=32), NUMBER),
        (NUMBER, ColumnType(K.DECIMAL, "numeric")),
        (ColumnType(K.TEXT, "character varying(9)", length=9), TEXT),
        (ColumnType(K.JSON, "jsonb"), ColumnType(K.JSON, "jsonb")),
        (ColumnType(K.DECIMAL, "n(5,2)", precision=5, scale=2), ColumnType(K.DECIMAL, "n(9,2)", precision=9, scale=2)),
    ],
)
def test_what_fits_is_nothing_to_speak_of(held, wanted):
    assert found(held, wanted) == []


def test_transforms_make_another_type():
    instant = ColumnType(K.INSTANT, "timestamptz", precision=6)
    zone = Transform(TransformKind.TIME_ZONE, "UTC")

    assert found(ColumnType(K.TIMESTAMP, "timestamp", precision=6), instant, zone) == []
    assert found(NUMBER, instant, Transform(TransformKind.EPOCH_SECONDS)) == []
    assert found(ColumnType(K.BYTES, "bytea"), TEXT, Transform(TransformKind.CONSTANT, "x")) == []
    assert found(TEXT, NUMBER, Transform(TransformKind.IF_NULL, "0")) == [(Severity.ERROR, "other_kind")]
    assert found(TEXT, NUMBER, Transform(TransformKind.TRIM)) == []


def test_values_of_sqlite_speak_for_themselves():
    any_type, declared = ColumnType(K.ANY, ""), ColumnType(K.TEXT, "VARCHAR(9)")

    assert found(any_type, NUMBER, engine="sqlite") == []
    assert found(declared, ColumnType(K.TEXT, "character varying(9)", length=9), engine="sqlite") == []
    assert found(declared, ColumnType(K.UUID, "uuid"), engine="sqlite") == [(Severity.WARNING, "other_kind")]
    assert found(ColumnType(K.TIMESTAMP, "datetime"), ColumnType(K.INSTANT, "timestamptz"), engine="sqlite") == [
        (Severity.WARNING, "time_zone")
    ]


def test_a_key_is_of_one_kind_on_both_sides():
    key = (Key("s_pkey", ("a",), primary=True),)

    assert (Severity.ERROR, "key_kind") in found(NUMBER, TEXT, key=("a",), keys=key)
    assert found(NUMBER, NUMBER, key=("a",), keys=key) == []


def test_what_the_target_asks_for_is_filled():
    columns = (
        Column("a", NUMBER),
        Column("asked", TEXT, nullable=False),
        Column("given", TEXT, nullable=False, default="'x'"),
        Column("counted", NUMBER, nullable=False, generated=Generated.ALWAYS),
        Column("made", TEXT, generated=Generated.STORED),
    )
    target = Catalogue(
        {
            "t": Table(
                "t",
                columns,
                checks=("positive",),
                foreign_keys=(ForeignKey("to_u", ("a",), "u", ("a",)), ForeignKey("to_t", ("a",), "t", ("a",))),
            )
        }
    )
    source = Catalogue({"s": Table("s", (Column("a", NUMBER), Column("made", TEXT)))}, details={"engine": "postgres"})
    selection = Selection("s", "t", (), (Mapped("a", "a", type=NUMBER), Mapped("made", "made", type=TEXT)))

    assert [(each.column, each.severity, each.code) for each in problems(source, target, [selection])] == [
        ("asked", Severity.ERROR, "not_filled"),
        ("made", Severity.ERROR, "generated"),
        ("", Severity.WARNING, "checks"),
        ("", Severity.WARNING, "reference"),
    ]


def test_what_is_not_made_in_a_created_table_is_said():
    index = Index("lowered", (), False, "CREATE INDEX lowered ON s (lower(a))")
    table = Table("s", (Column("a", TEXT),), checks=("short",), triggers=("watch",), built=(index,))
    selection = Selection("s", "t", (), (Mapped("a", "a", type=TEXT),))
    source = Catalogue({"s": table}, details={"engine": "postgres"})

    (elsewhere,) = problems(source, Catalogue({}, details={"engine": "sqlite"}), [selection])
    (same,) = problems(source, Catalogue({}, details={"engine": "postgres"}), [selection])

    assert "short, watch, lowered" in elsewhere.message
    assert "lowered" not in same.message


@pytest.mark.parametrize(
    ("source", "target", "severity"),
    [("SQL_ASCII", "UTF8", Severity.ERROR), ("UTF8", "LATIN1", Severity.WARNING)],
)
def test_encodings_that_do_not_meet_are_said_once(source, target, severity):
    (only,) = problems(Catalogue({}, encoding=source), Catalogue({}, encoding=target), [])

    assert (only.table, only.severity, only.code) == ("", severity, "encoding")
    assert problems(Catalogue({}, encoding="UTF-8"), Catalogue({}, encoding="UTF-16le"), []) == []
