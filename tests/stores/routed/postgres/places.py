"""Routed tables for tests."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.base import RoutedStore
from migrations_app.stores.routed.postgres.names import FUNCTIONS, SEQUENCES, TABLES, TRIGGERS
from migrations_app.stores.routed.postgres.store import RoutedPostgres
from migrations_app.stores.sessions.configuration import parse_config
from tests.stores.routed.place import RoutedPlace
from tests.stores.sessions.place import Place
from tests.stores.sessions.postgres.places import connection_of

DATED = "to_timestamp(%s::double precision / 1000)"


class PostgresPlace(RoutedPlace):
    """A context: one connection of legacy code is open in it.

    `key`, `value`, `deadline`: the columns that legacy code knows; `stamp` writes ms as the last one has it."""

    def __init__(
        self,
        sessions: Place,
        key: str = "key",
        value: str = "value",
        deadline: str = "expires_at_ms",
        stamp: str = "%s",
        decoded: bool = False,
        codec: str = "",
    ) -> None:
        super().__init__(sessions)
        self._key, self._value, self._deadline, self._stamp, self._decoded = key, value, deadline, stamp, decoded
        self._codec = codec

    @property
    def table(self) -> str:
        schema, _, table = str(self.sessions.config["table"]).rpartition(".")
        return f'{schema}."{table}"'

    def open(self, *, read_only: bool = False) -> RoutedStore:
        return RoutedPostgres(parse_config(self.sessions.config), self.sessions.secrets, read_only=read_only)

    def beside(self, suffix: str) -> str:
        schema, _, table = str(self.sessions.config["table"]).rpartition(".")
        return f'{schema}."{table}__{suffix}"'

    def __enter__(self) -> Self:
        self._legacy = connection_of(self.sessions)
        return self

    def __exit__(self, *_: object) -> None:
        self._legacy.close()

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self._legacy.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def legacy_write(self, session_id: str, value: bytes, expires_at_ms: int) -> None:
        self._run(self._upsert(), session_id, value.decode() if self._decoded else value, expires_at_ms)

    def _upsert(self) -> str:
        named, given = (", codec", f", '{self._codec}'") if self._codec else ("", "")
        return (
            f"INSERT INTO {self.table} ({self._key}, {self._value}, {self._deadline}{named}) "
            f"VALUES (%s, %s, {self._stamp}{given}) "
            f"ON CONFLICT ({self._key}) DO UPDATE SET {self._value} = excluded.{self._value}, "
            f"{self._deadline} = excluded.{self._deadline}"
        )

    def legacy_read(self, session_id: str) -> bytes | None:
        found = self._run(
            f"SELECT convert_to({self._value}::text, 'UTF8') FROM {self.table} WHERE {self._key} = %s"
            if self._decoded
            else f"SELECT {self._value} FROM {self.table} WHERE {self._key} = %s",
            session_id,
        )
        return bytes(found[0][0]) if found else None

    def legacy_delete(self, session_id: str) -> None:
        self._run(f"DELETE FROM {self.table} WHERE {self._key} = %s", session_id)

    def legacy_touch(self, session_id: str, expires_at_ms: int) -> None:
        self.legacy_touch_by(self._legacy, session_id, expires_at_ms)

    def legacy_touch_by(self, connection: Connection, session_id: str, expires_at_ms: int) -> None:
        """Within whatever transaction the connection is in."""
        connection.execute(
            f"UPDATE {self.table} SET {self._deadline} = {self._stamp} WHERE {self._key} = %s",
            [expires_at_ms, session_id],
        )

    @contextmanager
    def under_way(self, session_id: str) -> Iterator[None]:
        value = self.value("under way")
        with connection_of(self.sessions) as connection:
            connection.execute("BEGIN")
            connection.execute(
                self._upsert(), [session_id, value.decode() if self._decoded else value, self.now_ms() + 60_000]
            )
            yield
            connection.execute("ROLLBACK")

    def now_ms(self) -> int:
        return int(self._run("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint")[0][0])

    def traces(self) -> Sequence[str]:
        schema, _, table = str(self.sessions.config["table"]).rpartition(".")
        names = [f"{table}__{suffix}" for suffix in (*FUNCTIONS, *TABLES, *SEQUENCES)]
        found = self._run(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND starts_with(relname, %s) "
            "AND NOT starts_with(relname, %s) "
            "UNION SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace "
            "UNION SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgrelid = to_regclass(%s) "
            "UNION SELECT scope FROM " + schema + ".snakeweb_fences WHERE starts_with(scope, 'route')",
            schema, f"{table}__", f"{table}__snakeweb", schema, list(TRIGGERS), self.table,
        )  # fmt: skip
        return sorted({str(row[0]) for row in found} | ({*names} & {str(row[0]) for row in found}))
