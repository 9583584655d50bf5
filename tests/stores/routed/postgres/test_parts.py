import pytest

from migrations_app.stores.routed.postgres.names import RouteNames
from migrations_app.stores.routed.postgres.parts import READ, Parts
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.postgres.columns import Column
from migrations_app.stores.sessions.postgres.table import Names, TableLayout, own_columns
from migrations_app.stores.sessions.records import Codec

CONFIG = {"store": "postgres", "host": "h", "database": "d", "username": "u"}


def parts_of(columns, side=""):
    names = Names.of(parse_config(CONFIG))
    layout = TableLayout(names, columns, collation='"C"', has_side=bool(side))
    return Parts(RouteNames("s", "t", "s.t", side, 7), layout, Codec.JSON)


SPARSE = {"key": Column("key", "k", "varchar"), "value": Column("value", "v", "text")}


def test_a_table_with_every_column_needs_nothing_beside():
    parts = parts_of(own_columns("bytea"))

    assert [column.part for column in parts.written] == list(READ)
    assert parts.source() == parts.joined_source() == "s.t t"
    assert "s.t__snakeweb" not in parts.live_of_main() + parts.length_of_main()


def test_without_the_side_table_a_session_never_ends():
    parts = parts_of(SPARSE)

    assert [column.part for column in parts.written] == ["value"]
    assert (parts.deadline, parts.live(), parts.stored("x")) == (None, "true", "NULL::bigint")


def test_parts_without_a_column_are_looked_up_beside():
    parts = parts_of(SPARSE, "s.side")

    assert parts.joined_source() == '(s.t t LEFT JOIN s.side v ON v.key = t."k")'
    assert parts.reference("ttl") == 'v."ttl_ms"'
    assert "FROM s.side v" in parts.live_of_main()
    assert "FROM s.side v" in parts.length_of_main()


@pytest.mark.parametrize(
    ("kind", "converted", "value"),
    [
        ("bytea", False, 't."value"'),
        ("text", False, 't."value"'),
        ("jsonb", False, 't."value"::text'),
        ("text", True, "convert_to(t.\"value\"::text, 'UTF8')"),
    ],
)
def test_a_value_is_read_as_bytes(kind, converted, value):
    assert parts_of(own_columns(kind)).selected(converted=converted).startswith(f"{value}, ")


def test_versions_of_standard_mode_are_written_as_none():
    values = {"key": "$1"} | dict.fromkeys(READ, "NULL")

    assert parts_of(own_columns("bytea")).upsert(values).count(", 0, 0)") == 1
    assert '"ver_epoch" = 0' in parts_of(own_columns("bytea")).sets(values)
