import itertools

import pytest

from tests.stores.tables.changes.places import TABLES, PostgresPlace

_NUMBERS = itertools.count()


@pytest.fixture
def place(postgres_server):
    name = f"changes{next(_NUMBERS)}"
    postgres_server.create_database(name)
    made = PostgresPlace(postgres_server, name)
    made.run("CREATE SCHEMA shop", *TABLES)
    yield made
    postgres_server.drop_database(name)
