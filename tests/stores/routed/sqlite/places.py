"""Routed sessions in SQLite files, and the bare client that knows of no route."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from migrations_app.stores.routed.sqlite.store import RoutedSQLite
from migrations_app.stores.sessions.configuration import Unit, parse_config
from migrations_app.stores.sessions.sqlite.table import Column, quoted
from tests.stores.routed.place import RoutedPlace
from tests.stores.sessions.place import Place


class PlaceInSQLite(RoutedPlace):
    def __init__(self, sessions: Place) -> None:
        super().__init__(sessions)
        self._config = parse_config(sessions.config)
        table = self._config["table"]
        names = {part: named.column for part, named in self._config.columns.items()}
        self.t = quoted(table)
        self.key, self.val = names.get("key", "key"), names.get("value", "value")
        self.expires = names.get("expires_at", "expires_at_ms")
        self._unit = Unit.DATETIME if names else Unit.MILLISECONDS

    def open(self, *, read_only: bool = False) -> RoutedSQLite:
        return RoutedSQLite(self._config, {}, read_only=read_only)

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._config["path"], isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        try:
            yield connection
        finally:
            connection.close()

    def run(self, statement: str, *bound: Any) -> list[tuple[Any, ...]]:
        """`{t}`, `{key}`, `{val}` and `{expires}` stand for the table and its columns."""
        text = statement.format(t=self.t, key=self.key, val=self.val, expires=self.expires)
        with self.bare() as connection:
            return connection.execute(text, bound).fetchall()

    def legacy_write(self, session_id: str, value: bytes, expires_at_ms: int) -> None:
        content = value.decode() if self.sessions.text_values else value
        self.run(
            "INSERT INTO {t} ({key}, {val}, {expires}) VALUES (?, ?, ?) "
            "ON CONFLICT ({key}) DO UPDATE SET {val} = excluded.{val}, {expires} = excluded.{expires}",
            session_id,
            content,
            self.deadline(expires_at_ms),
        )

    def legacy_touch(self, session_id: str, expires_at_ms: int) -> None:
        self.run("UPDATE {t} SET {expires} = ? WHERE {key} = ?", self.deadline(expires_at_ms), session_id)

    def legacy_read(self, session_id: str) -> bytes | None:
        found = self.run("SELECT {val} FROM {t} WHERE {key} = ?", session_id)
        return None if not found else found[0][0].encode() if self.sessions.text_values else bytes(found[0][0])

    def legacy_delete(self, session_id: str) -> None:
        self.run("DELETE FROM {t} WHERE {key} = ?", session_id)

    def deadline(self, expires_at_ms: int) -> Any:
        return Column("expires_at", self.expires, self._unit, nullable=True).store(expires_at_ms)

    def traces(self) -> Sequence[str]:
        return [
            name
            for (name,) in self.run("SELECT name FROM sqlite_master")
            if any(f"__{part}" in name for part in ("route", "buckets", "state"))
        ]

    @contextmanager
    def under_way(self, session_id: str) -> Iterator[None]:
        with self.bare() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"DELETE FROM {self.t} WHERE {quoted(self.key)} = ?", [session_id])  # noqa: S608
            yield
            connection.execute("ROLLBACK")
