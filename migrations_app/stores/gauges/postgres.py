"""PostgreSQL tells its load in its statistics views, of the database that the target lies in."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.impact import Reading, answered_us
from migrations_app.stores.connections.postgres import Connection, Server, connect, domain_errors

SESSION = {"statement_timeout": "2s", "lock_timeout": "1s"}
ANSWER_SECONDS = 2
_LOOK = """
    SELECT xact_commit + xact_rollback,
           (SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend'),
           pg_database_size(current_database())
      FROM pg_stat_database WHERE datname = current_database()
"""


class PostgresGauge:
    """`config`: host, port, database, username, tls, and the read-only user's name where one is configured."""

    def __init__(self, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        reader = config.get("readonly_username") or ""
        self._server = Server(
            config["host"], config["port"], config["database"], reader or config["username"], config["tls"]
        )
        self._password = secrets.get("readonly_password" if reader else "password", "")
        self._connection: Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def read(self) -> Reading:
        """Operations are transactions, committed and rolled back."""
        with domain_errors(self._server):
            if self._connection is None:
                self._connection = connect(
                    self._server, self._password, read_only=True, session=SESSION, connect_seconds=ANSWER_SECONDS
                )
            opened = self._connection
            latency_us = answered_us(lambda: opened.execute("SELECT 1").fetchone())
            row = opened.execute(_LOOK).fetchone()
        operations, connections, size = row if row is not None else (None, None, None)
        return Reading(latency_us, operations=operations, connections=connections, size_bytes=size)
