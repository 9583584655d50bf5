"""A look at a database through SQLAlchemy."""

from collections.abc import Sequence

from sqlalchemy import inspect, literal, select

from migrations_app.engine.impact import answered_us
from migrations_app.stores.tables.alchemy import mysql
from migrations_app.stores.tables.alchemy.abilities import name_of
from migrations_app.stores.tables.alchemy.catalogue import read_catalogue
from migrations_app.stores.tables.alchemy.connection import AlchemyConnected
from migrations_app.stores.tables.base import DatabaseProbe
from migrations_app.stores.tables.configuration import OF_MYSQL
from migrations_app.stores.tables.schema import Catalogue


class AlchemyInspecting(AlchemyConnected):
    def probe(self) -> DatabaseProbe:
        """Its identity is its address: there is nothing better that every kind of database shows.

        Whether the user may write is asked of MySQL and MariaDB alone. Raises ValidationFailed where one of them is not
        strict.
        """
        with self._errors():
            connection = self._open()
            latency_us = answered_us(lambda: connection.execute(select(literal(1))))
            name = name_of(connection.dialect)
            asked = mysql.settings(connection) if name in OF_MYSQL else None
            schemas, there = self._config.schemas, inspect(connection).get_schema_names()
            problems = tuple(f"There is no schema “{name}”." for name in schemas if name not in there)
            tables = sum(
                len(inspect(connection).get_table_names(schema)) for schema in schemas or (None,) if not problems
            )
            version, url = connection.dialect.server_version_info or (), self._url
            kind = "mysql" if name in OF_MYSQL else url.get_backend_name()
            return DatabaseProbe(
                kind=name,
                version=".".join(map(str, version)),
                identity=f"{kind}://{self._config['host']}:{url.port or ''}/{url.database}",
                latency_ms=latency_us / 1000,
                encoding=asked.encoding if asked else "UTF8",
                time_zone=asked.time_zone if asked else "",
                writable=not (asked and asked.read_only),
                tables=tables,
                replica=bool(asked and asked.read_only),
                problems=problems,
                details={"schemas": ", ".join(schemas), "driver": self._config["driver"]},
            )

    def answers_in_us(self) -> int:
        """Median microseconds of the smallest question."""
        with self._errors():
            connection = self._open()
            return answered_us(lambda: connection.execute(select(literal(1))))

    def catalogue(self, tables: Sequence[str] | None = None) -> Catalogue:
        with self._errors():
            return read_catalogue(self._open(), self._config.schemas, tables)
