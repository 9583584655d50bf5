"""Changes of one session as one statement each: an insert into a temporary view, whose trigger does the whole step.

Under a guard the step is: check the fence and mint, mark, change the session while the table's own triggers rest, tell
the version. As one statement it is atomic without BEGIN and COMMIT, and Python pays for one call instead of six.
Views and triggers are temporary: they live in the connection, and no other one ever sees them.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from migrations_app.stores.routed.base import Guard, bucket_of
from migrations_app.stores.routed.sqlite.statements import Statements
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.sqlite.table import Column, quoted

FENCED = "snakeweb: fenced"
_MINTED = "snakeweb_minted"
_HEAD = ("k", "bucket", "epoch", "dead_at", "dirty_at")


class Calls:
    """Of one connection. A call whose guard is below the fence raises sqlite3.IntegrityError with the text FENCED."""

    def __init__(self, connection: sqlite3.Connection, sql: Statements) -> None:
        self._connection, self._sql = connection, sql
        self._minted = UNVERSIONED
        self._no_side = (None,) * len(sql.layout.side)
        connection.create_function(_MINTED, 2, self._mint)
        main, side = sql.layout.main, sql.layout.side if sql.sided else {}
        contents = [f"m{place}" for place in range(len(main))] + [f"s{place}" for place in range(len(side))]
        store = self._store(main, "m")
        if side:
            store += self._store(side, "s", "NEW.sided") + f"{self._without_side('NOT NEW.sided')};"
        self._put = self._view("put", [*_HEAD, "sided", *contents], store)
        self._put_plain = self._view("put_plain", ["k", "sided", *contents], store, guarded=False)
        self._touch = self._view("touch", [*_HEAD, "moved", "deadline"], self._extend())
        removal = f"DELETE FROM {sql.layout.table} WHERE {sql.key} = NEW.k;"  # noqa: S608 - quoted names, as below
        self._remove = self._view("remove", [*_HEAD], removal + (f"{self._without_side()};" if side else ""))

    def _mint(self, epoch: int, seq: int) -> None:
        self._minted = Version(epoch, seq)

    def put(self, session: SessionRecord, guard: Guard, now_ms: int) -> Version:
        self._connection.execute(self._put, (*_head(session.id, guard, now_ms), *self._contents(session)))
        return self._minted

    def put_plain(self, session: SessionRecord) -> None:
        if self._sql.sided:
            self._connection.execute(self._put_plain, (session.id, *self._contents(session)))
        else:
            self._connection.execute(self._sql.put, self._sql.main_row(session))

    def touch(self, session_id: str, guard: Guard, now_ms: int, *, moved: bool, deadline: Any) -> Version:
        self._connection.execute(self._touch, (*_head(session_id, guard, now_ms), moved, deadline))
        return self._minted

    def remove(self, session_id: str, guard: Guard, now_ms: int) -> None:
        self._connection.execute(self._remove, _head(session_id, guard, now_ms, now_ms))

    def _contents(self, session: SessionRecord) -> tuple[Any, ...]:
        sql = self._sql
        if not sql.sided:
            return (False, *sql.main_row(session))
        if sql.needs_side(session):
            return (True, *sql.main_row(session), *sql.side_row(session))
        return (False, *sql.main_row(session), *self._no_side)

    def _view(self, name: str, columns: Sequence[str], step: str, *, guarded: bool = True) -> str:
        """Make view and trigger; returns the statement that calls them."""
        view, trigger = (quoted(f"{self._sql.table}__{kind}_{name}") for kind in ("call", "step"))
        names = self._sql.names
        if guarded:
            step = (
                f"UPDATE {names.state} SET guarded = 1, seq = seq + 1, epoch = max(epoch, NEW.epoch) "  # noqa: S608
                f"WHERE (SELECT fence FROM {names.buckets} WHERE bucket = NEW.bucket) <= NEW.epoch;"
                f"SELECT RAISE(ABORT, '{FENCED}') WHERE coalesce((SELECT guarded FROM {names.state}), 0) = 0;"
                f"INSERT INTO {names.route} (key, bucket, epoch, seq, dead_at, dirty_at) "
                f"SELECT NEW.k, NEW.bucket, epoch, seq, NEW.dead_at, NEW.dirty_at FROM {names.state} WHERE true "
                f"{self._sql.stamp_over}; {step} {self._sql.watch};"
                f"SELECT {_MINTED}(epoch, seq) FROM {names.state};"
            )
        for kind, each in (("TRIGGER", trigger), ("VIEW", view)):
            self._connection.execute(f"DROP {kind} IF EXISTS temp.{each}")
        listed = ", ".join(f"NULL AS {column}" for column in columns)
        self._connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {listed}")
        self._connection.execute(f"CREATE TEMP TRIGGER {trigger} INSTEAD OF INSERT ON {view} BEGIN {step} END")
        return f"INSERT INTO {view} VALUES ({', '.join('?' for _ in columns)})"  # noqa: S608

    def _store(self, columns: dict[str, Column] | Any, prefix: str, when: str = "true") -> str:
        table = self._sql.layout.table if prefix == "m" else self._sql.layout.side_table
        names = [quoted(column.name) for column in columns.values()]
        key = quoted(columns["key"].name)
        values = ", ".join(f"NEW.{prefix}{place}" for place in range(len(names)))
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
        return (
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} WHERE {when} "
            f"ON CONFLICT ({key}) DO UPDATE SET {sets};"
        )

    def _extend(self) -> str:
        layout, name = self._sql.layout, quoted(self._sql.layout.column("expires_at").name)
        if "expires_at" in layout.main:
            return f"UPDATE {layout.table} SET {name} = NEW.deadline WHERE {self._sql.key} = NEW.k AND NEW.moved;"  # noqa: S608
        if not self._sql.sided:
            return ""
        columns, values = self._sql.side_start("NEW.deadline", "NEW.k")
        return (
            f"INSERT INTO {layout.side_table} ({columns}) SELECT {values} WHERE NEW.moved "
            f"ON CONFLICT (key) DO UPDATE SET {name} = excluded.{name};"
        )

    def _without_side(self, when: str = "true") -> str:
        return f"DELETE FROM {self._sql.layout.side_table} WHERE key = NEW.k AND {when}"  # noqa: S608


def _head(session_id: str, guard: Guard, now_ms: int, dead_at: int | None = None) -> tuple[Any, ...]:
    return session_id, bucket_of(session_id), guard.epoch, dead_at, now_ms if guard.journaled else None
