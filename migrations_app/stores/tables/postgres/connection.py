"""A PostgreSQL database that is connected at its first use."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from migrations_app.stores.connections.postgres import Connection, Server, check_version, connect, domain_errors
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.configuration import DatabaseConfig

SESSION = {
    "TimeZone": "",  # set after the database's own was read
    # Texts of values are made by these; `canonical.py` counts on them.
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    # A chunk's statements wait for each other's ends, over two servers.
    "idle_in_transaction_session_timeout": "60s",
    "statement_timeout": "600s",
}


class PostgresConnected(Database):
    """What the modules of this folder share. `database.py` puts them together."""

    kind: ClassVar[str] = "postgres"

    def __init__(self, config: DatabaseConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._read_only = read_only
        reader = read_only and bool(config["readonly_username"])
        username = config["readonly_username" if reader else "username"]
        self._server = Server(config["host"], config["port"], config["database"], username, config["tls"])
        self._password = secrets.get("readonly_password" if reader else "password", "")
        self._connection: Connection | None = None
        self._time_zone = "UTC"

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        """In autocommit, with UTC as time zone. Call it within `_errors`."""
        if self._connection is None or self._connection.broken or self._connection.closed:
            self.close()
            connection = connect(self._server, self._password, read_only=self._read_only, session=SESSION)
            self._connection = connection
            check_version(connection.info.server_version)
            row = connection.execute("SHOW TimeZone").fetchone()
            self._time_zone = str(row[0]) if row else "UTC"
            connection.execute("SET TimeZone = 'UTC'")
        return self._connection

    def _errors(self) -> AbstractContextManager[None]:
        """Turns the driver's errors into the engine's."""
        return domain_errors(self._server)
