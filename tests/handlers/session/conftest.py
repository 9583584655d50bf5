"""Pairs of places on real servers, in each direction that sessions travel."""

from collections.abc import Callable, Iterator

import pytest

from migrations_app.engine.plan import Target
from migrations_app.testing.servers import PostgresServer, RedisServer
from tests.handlers.quick_disk import quick_disk
from tests.handlers.session.moves import Move, number, place

Place = Callable[[], Target]


@pytest.fixture
def redis_place(redis_server: RedisServer) -> Place:
    redis_server.command("FLUSHALL")  # every scan of the server passes by what earlier tests left there
    return lambda: place(redis_server.config(prefix=f"c{number()}:"), redis_server.secrets)


@pytest.fixture
def postgres_place(postgres_server: PostgresServer) -> Place:
    return lambda: place(postgres_server.config(table=f"sessions_{number()}"), postgres_server.secrets)


@pytest.fixture
def sqlite_place() -> Iterator[Place]:
    with quick_disk() as directory:
        yield lambda: place({"store": "sqlite", "path": str(directory / f"store-{number()}.db")})


@pytest.fixture
def places(redis_place: Place, sqlite_place: Place, request: pytest.FixtureRequest) -> dict[str, Place]:
    """Every kind of place; PostgreSQL is only started for those who ask for it."""
    return {
        "redis": redis_place,
        "sqlite": sqlite_place,
        "postgres": lambda: request.getfixturevalue("postgres_place")(),
    }


@pytest.fixture
def move(redis_place: Place, sqlite_place: Place) -> Move:
    """Redis to SQLite: the quickest pair of unlike stores."""
    return Move(redis_place(), sqlite_place())
