import itertools

import pytest

from tests.stores.tables.changes.pairs import road
from tests.stores.tables.changes.places import TABLES, PostgresPlace, SqlitePlace

_NUMBERS = itertools.count()
_DATABASES = itertools.count()  # two rooms have this fixture, and one server
EMPTY = "DROP SCHEMA IF EXISTS snakeweb_changes CASCADE; DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop"


@pytest.fixture(scope="session")
def databases(postgres_server):
    """Names of databases that tests take in turn and empty: making one takes long."""
    made = []

    def numbered(number: int) -> str:
        while len(made) <= number:
            made.append(f"changes{next(_DATABASES)}")
            postgres_server.create_database(made[-1])
        return made[number]

    yield numbered
    for name in made:
        postgres_server.drop_database(name)


@pytest.fixture
def make_place(postgres_server, databases, tmp_path):
    """Places with the tables of the tests, by kind."""
    taken = itertools.count()

    def make(kind: str):
        if kind == "sqlite":
            made = SqlitePlace(tmp_path / f"shop{next(_NUMBERS)}.sqlite3")
            made.run("PRAGMA journal_mode = wal", *TABLES)
            return made
        made = PostgresPlace(postgres_server, databases(next(taken)))
        made.run(*EMPTY.split(";"), *TABLES)
        return made

    return make


@pytest.fixture(params=["postgres:postgres", "sqlite:postgres", "postgres:sqlite"])
def way(request, make_place):
    here, there = (make_place(kind) for kind in request.param.split(":"))
    with road(here, there) as made:
        yield made
