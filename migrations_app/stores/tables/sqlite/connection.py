"""A SQLite file that is opened at its first use."""

import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from migrations_app.stores.connections.sqlite import connect, domain_errors
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.canonical import text_factory
from migrations_app.stores.tables.configuration import DatabaseConfig
from migrations_app.stores.tables.sqlite.canonical import register


class SQLiteConnected(Database):
    """What the modules of this folder share. `database.py` puts them together.

    A file that is not there yet is made by the first write, and has no tables before.
    """

    kind: ClassVar[str] = "sqlite"

    def __init__(self, config: DatabaseConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._path = str(config["path"])
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self, *, create: bool = False) -> sqlite3.Connection:
        """In autocommit, with the functions of `canonical.py`. Call it within `_errors`."""
        if self._connection is None:
            connection = connect(self._path, read_only=self._read_only, create=create)
            self._connection = connection
            connection.text_factory = text_factory
            register(connection)
        return self._connection

    def _errors(self) -> AbstractContextManager[None]:
        """Turns the library's errors into the engine's."""
        return domain_errors(self._path)
