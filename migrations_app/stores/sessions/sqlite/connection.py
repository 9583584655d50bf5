"""The connection of a session store in a SQLite file."""

import sqlite3
from contextlib import AbstractContextManager

from migrations_app.stores.connections import sqlite
from migrations_app.stores.sessions.configuration import StoreConfig


def connect(config: StoreConfig, *, read_only: bool, create: bool = False) -> sqlite3.Connection:
    """In autocommit; SQLite itself refuses writes of a read-only one. A missing file is an error unless `create`."""
    return sqlite.connect(config["path"], read_only=read_only, create=create)


def domain_errors(config: StoreConfig) -> AbstractContextManager[None]:
    """Turns the library's errors into the engine's. Messages name file and table, never a key or value."""
    return sqlite.domain_errors(config["path"], config["table"])
