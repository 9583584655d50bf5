"""A look at a PostgreSQL database."""

import statistics
import time
from collections.abc import Sequence
from typing import Any

from psycopg import errors

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.base import DatabaseProbe
from migrations_app.stores.tables.postgres.catalogue import read_catalogue
from migrations_app.stores.tables.postgres.connection import PostgresConnected
from migrations_app.stores.tables.schema import Catalogue

_TABLES = """
SELECT count(*),
       count(*) FILTER (WHERE NOT has_table_privilege(c.oid, 'SELECT')),
       min(n.nspname || '.' || c.relname) FILTER (WHERE NOT has_table_privilege(c.oid, 'SELECT')),
       count(*) FILTER (WHERE NOT has_table_privilege(c.oid, 'INSERT'))
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT LIKE 'snakeweb\\_%%'
"""
_SCHEMAS = """
SELECT nspname, has_schema_privilege(oid, 'USAGE'), has_schema_privilege(oid, 'CREATE')
FROM pg_catalog.pg_namespace WHERE nspname = ANY(%s)
"""


class PostgresInspecting(PostgresConnected):
    def probe(self) -> DatabaseProbe:
        with self._errors():
            connection = self._open()
            latencies = []
            for _ in range(5):
                before = time.perf_counter()
                connection.execute("SELECT 1")
                latencies.append((time.perf_counter() - before) * 1000)
            replica, encoding, size, oid, collation = _one(
                connection,
                """SELECT pg_is_in_recovery(), pg_encoding_to_char(encoding), pg_database_size(oid), oid, datcollate
                   FROM pg_catalog.pg_database WHERE datname = current_database()""",
            )
            schemas = list(self._config.schemas)
            tables, unread, one_unread, unwritten = _one(connection, _TABLES, [schemas])
            found = {row[0]: row[1:] for row in connection.execute(_SCHEMAS, [schemas])}
            problems = [
                *(f"There is no schema “{name}”." for name in schemas if name not in found),
                *(f"The user may not use the schema “{name}”." for name, may in found.items() if not may[0]),
            ]
            if unread:
                problems.append(f"The user may not read {unread} of {tables} tables, among them {one_unread}.")
            return DatabaseProbe(
                kind=self.kind,
                version=str(connection.info.parameter_status("server_version")).split(" ")[0],
                identity=self._identity(connection, oid),
                latency_ms=statistics.median(latencies),
                encoding=encoding,
                time_zone=self._time_zone,
                writable=not replica and not unwritten and any(may[1] for may in found.values()),
                tables=tables,
                bytes=size,
                replica=replica,
                problems=tuple(problems),
                details={"schemas": ", ".join(schemas), "collation": collation},
            )

    def catalogue(self, tables: Sequence[str] | None = None) -> Catalogue:
        with self._errors():
            connection = self._open()
            encoding = str(connection.info.parameter_status("server_encoding"))
            schemas = self._config.schemas
            return read_catalogue(connection, schemas, tables, encoding=encoding, time_zone=self._time_zone)

    def _identity(self, connection: Connection, oid: int) -> str:
        """The cluster's own number with the database's; where it is not shown to this user, the address."""
        try:
            (cluster,) = _one(connection, "SELECT system_identifier FROM pg_control_system()")
        except errors.InsufficientPrivilege:
            return f"postgresql://{self._server.host}:{self._server.port}/{oid}"
        return f"postgresql:{cluster}/{oid}"


def _one(connection: Connection, query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None  # noqa: S101 - each of these queries has one row
    return row
