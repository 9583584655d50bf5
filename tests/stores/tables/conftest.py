import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from migrations_app.testing.mariadb import MariaDBServer
from migrations_app.testing.servers import PostgresServer
from tests.stores.tables.orders import KEY, WORKER, Move, Orders, selection_of, some_orders
from tests.stores.tables.places import DatabasePlace, alchemy_place, mariadb_place, postgres_place, sqlite_place

PAIRS = [
    *[(one, other) for one in ("postgres", "sqlite") for other in ("postgres", "sqlite")],
    *[("postgres", "mariadb"), ("mariadb", "postgres")],
    *[("alchemy", "sqlite"), ("sqlite", "alchemy")],
]


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[DatabasePlace]:
    with postgres_place(postgres_server) as place:
        yield place


@pytest.fixture
def mariadb(mariadb_server: MariaDBServer) -> Iterator[DatabasePlace]:
    with mariadb_place(mariadb_server) as place:
        yield place


@pytest.fixture
def sqlite(tmp_path: Path) -> DatabasePlace:
    return sqlite_place(tmp_path / "tables.db")


@pytest.fixture
def orders_in(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Orders]]:
    """An empty database of the kind, where a table of orders is to be."""
    numbers = itertools.count()
    with ExitStack() as stack:

        def place(kind: str) -> Orders:
            if kind in ("sqlite", "alchemy"):
                path = tmp_path / f"orders-{next(numbers)}.db"
                return Orders(sqlite_place(path) if kind == "sqlite" else alchemy_place(path))
            if kind == "mariadb":
                maria: MariaDBServer = request.getfixturevalue("mariadb_server")
                return Orders(stack.enter_context(mariadb_place(maria)))
            server: PostgresServer = request.getfixturevalue("postgres_server")
            return Orders(stack.enter_context(postgres_place(server)))

        yield place


@pytest.fixture(params=PAIRS, ids=[f"{one}-{other}" for one, other in PAIRS])
def pair(request: pytest.FixtureRequest, orders_in: Callable[[str], Orders]) -> tuple[Orders, Orders]:
    return orders_in(request.param[0]), orders_in(request.param[1])


@pytest.fixture
def move(pair: tuple[Orders, Orders]) -> Iterator[Move]:
    """500 orders on their way to an empty table."""
    source, target = pair
    source.create()
    source.fill(some_orders(500))
    target.create()
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        yield Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
