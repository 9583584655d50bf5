"""Where a test's tables and their change log lie, and people who write to them."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections import postgres
from migrations_app.stores.tables.changes.base import Change, ChangeLog, Patience, Watched
from migrations_app.stores.tables.changes.opening import open_change_log
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.testing.servers import PostgresServer
from tests.stores.sessions.place import wait_until

WORKER = WorkerToken("run:7", 3)
INTEGER = ColumnType(TypeKind.INTEGER, "integer", bits=32)
TEXT = ColumnType(TypeKind.TEXT, "text")
DATE = ColumnType(TypeKind.DATE, "date")
TABLES = (
    "CREATE TABLE {items} (id integer PRIMARY KEY, code varchar(20) UNIQUE, note text)",
    "CREATE TABLE {parts} (item integer NOT NULL REFERENCES {items_here} ON UPDATE CASCADE ON DELETE CASCADE, "
    "number integer NOT NULL, note text, PRIMARY KEY (item, number))",
)


def changes(log: ChangeLog, table: str, *types: ColumnType) -> list[Change]:
    """`types` of the key's columns; whole numbers when none is given, as many as the tables of a `Place` have."""
    held = types or ((INTEGER,) if "items" in table else (INTEGER, INTEGER))
    return log.read(Watched(table, (), held, held), 0, 1000)


def noted(log: ChangeLog, table: str, *types: ColumnType) -> list[tuple[str, ...] | None]:
    return [change.key for change in changes(log, table, *types)]


class Writer:
    """A connection as an application has one."""

    def __init__(self, place: "Place", connection: Any) -> None:
        self.place = place
        self.connection = connection

    def run(self, statement: str) -> None:
        self.connection.execute(self.place.filled(statement))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(self.place.filled(statement)).fetchall()
        return found

    def refused(self, statement: str) -> str:
        """What the database answers; '' when it did it."""
        try:
            self.run(statement)
        except (psycopg.Error, sqlite3.Error) as error:
            return str(error)
        return ""

    def begin(self) -> None:
        self.run("BEGIN")

    def commit(self) -> None:
        self.run("COMMIT")

    def roll_back(self) -> None:
        self.run("ROLLBACK")


class Place(ABC):
    items = "items"
    parts = "parts"
    integer = "integer"
    config: dict[str, Any]
    secrets: dict[str, str]

    @property
    def watched(self) -> list[Watched]:
        return [Watched(self.items, ("id",)), Watched(self.parts, ("item", "number"))]

    @property
    def no_key(self) -> Watched:
        return Watched(self.items, ())

    @property
    def no_table(self) -> Watched:
        return Watched(f"{self.items}_of_yesterday", ("id",))

    def filled(self, statement: str) -> str:
        for name, value in (("items_here", f"{self.items}(id)"), ("items", self.items), ("parts", self.parts)):
            statement = statement.replace(f"{{{name}}}", value)
        return statement

    @abstractmethod
    @contextmanager
    def writer(self, *, waits_ms: int = 5000) -> Iterator[Writer]: ...

    @abstractmethod
    def log(self, run: int = 7) -> ChangeLog: ...

    @abstractmethod
    def objects(self) -> list[tuple[Any, ...]]:
        """Everything that the database has."""

    @abstractmethod
    def drop_a_trigger(self) -> None: ...

    @contextmanager
    def installed(self) -> Iterator[ChangeLog]:
        with self.log() as log:
            log.install(self.watched, WORKER, Patience(seconds=5))
            yield log

    def run(self, *statements: str) -> None:
        with self.writer() as writer:
            for statement in statements:
                writer.run(statement)

    @staticmethod
    def wait(condition: Callable[[], bool]) -> None:
        wait_until(condition)


class PostgresPlace(Place):
    """A database of its own."""

    items = "shop.items"
    parts = "shop.parts"

    def __init__(self, server: PostgresServer, database: str, **login: str) -> None:
        self.server = server
        self.url = server.database_url(database)
        self.at = postgres.Server(server.host, server.port, database, login.get("username", server.username), table="")
        self.password = login.get("password", server.password)
        self.secrets = {"password": self.password}

    @contextmanager
    def writer(self, *, waits_ms: int = 5000) -> Iterator[Writer]:
        with psycopg.connect(self.url, autocommit=True, application_name="shop") as connection:
            connection.execute(f"SET lock_timeout = {waits_ms}")
            yield Writer(self, connection)

    @property
    def config(self) -> dict[str, Any]:
        address = {"host": self.at.host, "port": self.at.port, "database": self.at.database}
        return {"engine": "postgres", **address, "username": self.at.username, "schemas": "shop"}

    def connection(self) -> postgres.Connection:
        return postgres.connect(self.at, self.password, read_only=False)

    def log(self, run: int = 7) -> ChangeLog:
        return open_change_log(self.config, self.secrets, run=run)

    def objects(self) -> list[tuple[Any, ...]]:
        with self.writer() as writer:
            return writer.rows(
                "SELECT 'relation', relname FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|info)' "
                "UNION SELECT 'trigger', tgname FROM pg_trigger UNION SELECT 'schema', nspname FROM pg_namespace "
                "UNION SELECT 'function', proname FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^(pg_|info)' "
                "ORDER BY 1, 2"
            )

    def drop_a_trigger(self) -> None:
        self.run("DROP TRIGGER snakeweb_changed ON {items}")


class SqlitePlace(Place):
    integer = "INTEGER"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = {"engine": "sqlite", "path": str(path)}
        self.secrets = {}

    @contextmanager
    def writer(self, *, waits_ms: int = 5000) -> Iterator[Writer]:
        connection = sqlite3.connect(self.path, timeout=waits_ms / 1000, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        try:
            yield Writer(self, connection)
        finally:
            connection.close()

    def log(self, run: int = 7) -> ChangeLog:
        return open_change_log(self.config, self.secrets, run=run)

    def objects(self) -> list[tuple[Any, ...]]:
        with self.writer() as writer:
            return writer.rows("SELECT type, name FROM sqlite_master WHERE name <> 'sqlite_sequence' ORDER BY 1, 2")

    def drop_a_trigger(self) -> None:
        (name,) = self._first("SELECT min(name) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'items'")
        self.run(f"DROP TRIGGER {name}")

    def _first(self, statement: str) -> tuple[Any, ...]:
        with self.writer() as writer:
            return writer.rows(statement)[0]
