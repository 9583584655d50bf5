"""Fixtures with real servers. One of each per test process; a test that kills its server takes a disposable one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from migrations_app.testing.beam import BeamNode, has_erlang
from migrations_app.testing.mariadb import MariaDBServer, has_mariadb
from migrations_app.testing.servers import PostgresServer, RedisServer, scratch_directory
from tests.pools.process_pool import ProcessPool


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    with scratch_directory() as path:
        yield path


@pytest.fixture(scope="session")
def redis_server(server_directory: Path) -> Iterator[RedisServer]:
    """Shared: use a prefix or a database number of your own, or `empty_redis`."""
    with RedisServer(server_directory / "redis", persistent=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server(server_directory: Path) -> Iterator[PostgresServer]:
    """Shared: use a table or a database of your own, or `empty_postgres`."""
    with PostgresServer(server_directory / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server(server_directory: Path) -> Iterator[MariaDBServer]:
    """Shared: use a database of your own."""
    if not has_mariadb():
        pytest.skip("no MariaDB on this machine")
    with MariaDBServer(server_directory / "mariadb") as server:
        yield server


@pytest.fixture(scope="session")
def beam_node(server_directory: Path) -> Iterator[BeamNode]:
    """Shared: start a session store of your own on it, under a name and with a table of its own."""
    skip_without_erlang()
    with BeamNode(server_directory / "beam", objects=server_directory / "erlang") as node:
        yield node


@pytest.fixture
def disposable_node(server_directory: Path, tmp_path: Path) -> Iterator[BeamNode]:
    """A node of one test: kill it, freeze it, restart it, change its code."""
    skip_without_erlang()
    with BeamNode(tmp_path / "beam", objects=server_directory / "erlang") as node:
        yield node


@pytest.fixture
def start_processes() -> Iterator[Callable[..., ProcessPool]]:
    """Starts a pool of real worker processes, eight unless said otherwise, and ends them all."""
    with ExitStack() as stack:

        def start(**given: Any) -> ProcessPool:
            directory = stack.enter_context(scratch_directory())
            return stack.enter_context(ProcessPool(directory, **given))

        yield start


def skip_without_erlang() -> None:
    if not has_erlang():
        pytest.skip("no Erlang on this machine")


@pytest.fixture
def empty_redis(redis_server: RedisServer) -> RedisServer:
    """The shared server without a key in any database."""
    redis_server.command("FLUSHALL")
    return redis_server


@pytest.fixture
def empty_postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The shared server, its database's `public` schema empty."""
    postgres_server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return postgres_server


@pytest.fixture
def disposable_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of one test: kill it, freeze it, restart it."""
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def disposable_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server of one test: kill it, freeze it, restart it."""
    with PostgresServer(tmp_path / "postgres") as server:
        yield server
