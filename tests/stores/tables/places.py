"""Databases of a test's own, as targets of kind `database`."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.opening import open_database
from migrations_app.testing.mariadb import MariaDBServer
from migrations_app.testing.servers import PostgresServer
from tests.stores.tables.alchemy.through import SQLiteThroughAlchemy

_numbers = itertools.count()


@dataclass(frozen=True)
class DatabasePlace:
    config: Mapping[str, Any]
    secrets: Mapping[str, str]

    @property
    def kind(self) -> str:
        """Whose SQL it speaks."""
        return str(self.config["engine"])

    def open(self, *, read_only: bool = False) -> Database:
        return open_database(self.config, self.secrets, read_only=read_only)


class ThroughAlchemy(DatabasePlace):
    """A SQLite file that is reached through SQLAlchemy."""

    def open(self, *, read_only: bool = False) -> Database:
        return SQLiteThroughAlchemy(self.config["path"], read_only=read_only)


class MariaDBPlace(DatabasePlace):
    kind = "mariadb"


@contextlib.contextmanager
def mariadb_place(server: MariaDBServer, **config: Any) -> Iterator[DatabasePlace]:
    """An empty database on the shared server, gone afterwards."""
    name = f"tables_{next(_numbers)}"
    server.create_database(name)
    try:
        yield MariaDBPlace(server.config(name, **config), server.secrets)
    finally:
        server.drop_database(name)


@contextlib.contextmanager
def postgres_place(server: PostgresServer, **config: Any) -> Iterator[DatabasePlace]:
    """An empty database on the shared server, gone afterwards."""
    name = f"tables_{next(_numbers)}"
    server.create_database(name)
    try:
        address = {"host": server.host, "port": server.port, "database": name, "username": server.username}
        yield DatabasePlace({"engine": "postgres", **address, **config}, server.secrets)
    finally:
        server.drop_database(name)


def alchemy_place(path: Path) -> DatabasePlace:
    return ThroughAlchemy({"engine": "sqlite", "path": str(path)}, {})


def sqlite_place(path: Path) -> DatabasePlace:
    return DatabasePlace({"engine": "sqlite", "path": str(path)}, {})
