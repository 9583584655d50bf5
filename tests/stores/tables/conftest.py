from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_app.testing.servers import PostgresServer
from tests.stores.tables.places import DatabasePlace, postgres_place, sqlite_place


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[DatabasePlace]:
    with postgres_place(postgres_server) as place:
        yield place


@pytest.fixture
def sqlite(tmp_path: Path) -> DatabasePlace:
    return sqlite_place(tmp_path / "tables.db")
