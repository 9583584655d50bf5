"""From a target's configuration to a live database."""

from collections.abc import Mapping
from typing import Any, Protocol

from migrations_app.stores.followed import followed
from migrations_app.stores.tables.alchemy.database import AlchemyDatabase
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.configuration import DatabaseConfig, parse_config
from migrations_app.stores.tables.postgres.database import PostgresDatabase
from migrations_app.stores.tables.sqlite.database import SQLiteDatabase


class _Open(Protocol):
    def __call__(self, config: DatabaseConfig, secrets: Mapping[str, str], *, read_only: bool) -> Database: ...


_DATABASES: Mapping[str, _Open] = {
    "postgres": PostgresDatabase,
    "sqlite": SQLiteDatabase,
    "sqlalchemy": AlchemyDatabase,
}


def open_database(config: Mapping[str, Any], secrets: Mapping[str, str], *, read_only: bool = False) -> Database:
    """A database that connects at its first use. Raises ValidationFailed with every problem of the configuration.

    `secrets`: `password`, and `readonly_password` of the read-only user, who is asked for when `read_only`. A
    read-only database cannot be written to: PostgreSQL, SQLite, MySQL and MariaDB refuse it themselves.
    """
    parsed = parse_config(config)
    return followed(_DATABASES[parsed.engine](parsed, secrets, read_only=read_only), parsed.engine)
