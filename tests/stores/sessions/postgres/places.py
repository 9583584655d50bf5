"""Tables for tests, each in a schema of its own."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from migrations_app.stores.sessions.records import Codec
from migrations_app.testing.servers import PostgresServer
from tests.stores.sessions.place import Place

_NUMBERS = itertools.count()
DJANGO = {"key": "session_key", "value": "session_data", "expires_at": "expire_date"}

DJANGO_TABLE = """
CREATE TABLE {s}.django_session (
    session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL);
CREATE INDEX ON {s}.django_session (session_key varchar_pattern_ops);
"""


@contextmanager
def own_schema(server: PostgresServer, ddl: str = "") -> Iterator[str]:
    """The name of an empty schema; `{s}` in the statements stands for it."""
    name = f"s{next(_NUMBERS)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}; {ddl.replace('{s}', name)}")
        yield name
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND application_name LIKE 'snakeweb%'"
        )
        connection.execute(f"DROP SCHEMA {name} CASCADE")


def at(server: PostgresServer, table: str, **values: Any) -> Place:
    config = server.config(table=table, **values)
    codec = Codec(values.get("codec", "opaque"))
    return Place(config, server.secrets, codec=codec, text_values=config.get("value_type") in ("jsonb", "text"))


def filled(place: Place, statement: str) -> str:
    """`{t}` stands for the place's table, `{s}` for its schema."""
    table = str(place.config["table"])
    return statement.replace("{t}", table).replace("{s}", table.split(".")[0])


def rows(place: Place, statement: str) -> list[tuple[Any, ...]]:
    with connection_of(place) as connection:
        return connection.execute(filled(place, statement)).fetchall()


def run(place: Place, statement: str) -> None:
    with connection_of(place) as connection:
        connection.execute(filled(place, statement))


def connection_of(place: Place) -> psycopg.Connection[tuple[Any, ...]]:
    config = place.config
    address = {"host": config["host"], "port": config["port"], "dbname": config["database"]}
    return psycopg.connect(**address, user=config["username"], password=place.secrets["password"], autocommit=True)
