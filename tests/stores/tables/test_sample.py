"""The sample that tests and benchmarks move: the same everywhere, and of every kind."""

import itertools

import psycopg
import pytest

from migrations_app.stores.tables import mapping
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.ordering import cycles
from migrations_app.stores.tables.schema import Generated, TypeKind
from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.sample.loading import load_postgres, load_sqlite, rows
from tests.stores.tables.sample.tables import WHOLE, rows_of, tables

pytestmark = pytest.mark.servers

SCALE = 0.0005


@pytest.fixture
def filled(postgres, postgres_server, sqlite):
    with psycopg.connect(postgres_server.database_url(postgres.config["database"]), autocommit=True) as connection:
        load_postgres(connection, SCALE)
    load_sqlite(sqlite.config["path"], SCALE)
    return postgres, sqlite


def test_it_is_as_large_as_is_asked_for_and_the_same_at_each_call():
    assert len(tables(1)) >= 20
    assert sum(rows_of(table.name, 1) for table in tables(1)) >= WHOLE
    for table in tables(SCALE):
        first, second = (list(map(repr, itertools.islice(rows(table, SCALE), 50))) for _ in range(2))
        assert first == second
    big = next(table for table in tables(1) if table.name == "order_lines")
    assert len(list(itertools.islice(rows(big, 1), 3))) == 3


def test_it_has_every_kind_of_thing(filled):
    postgres, _ = filled
    with postgres.open(read_only=True) as database:
        found = database.catalogue()
    columns = [column for table in found.tables.values() for column in table.columns]

    assert {column.type.kind for column in columns} >= set(TypeKind) - {TypeKind.ANY}
    assert {column.generated for column in columns} >= {Generated.STORED, Generated.ALWAYS, Generated.BY_DEFAULT}
    assert set(cycles(found, list(found.tables))) >= {("public.departments", "public.employees"), ("public.people",)}
    assert any(not table.keys for table in found.tables.values())
    assert any(len(table.keys[0].columns) > 1 for table in found.tables.values() if table.keys)
    assert max(len(table.columns) for table in found.tables.values()) > 100
    assert found.tables["public.empty"].rows == 0


def test_both_databases_hold_the_same_sample(filled):
    postgres, sqlite = filled
    with postgres.open(read_only=True) as one, sqlite.open(read_only=True) as other:
        selections, problems = mapping.selections(other.catalogue(), one.catalogue(), {}, engine="postgres")
        assert problems == []
        assert len(selections) == len(tables(SCALE))
        for selection in selections:
            held, there = (
                database.digest(selection, EVERYTHING, side=side)
                for database, side in ((other, Side.SOURCE), (one, Side.TARGET))
            )
            assert held == there, selection.target
            assert held.rows == rows_of(selection.source, SCALE)
