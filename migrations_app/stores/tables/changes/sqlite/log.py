"""The change log of a SQLite file. There is one writer at a time, so the order of ids is the order of commits."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from migrations_app.engine.errors import IllegalTransition, Problem, Timeout, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.sqlite import domain_errors, transaction
from migrations_app.stores.tables.canonical import reader
from migrations_app.stores.tables.changes.base import Change, ChangeLog, Patience, Pending, Watched
from migrations_app.stores.tables.changes.ownership import of_another, outranked, rank
from migrations_app.stores.tables.changes.sqlite import triggers
from migrations_app.stores.tables.changes.sqlite.triggers import quoted

BYTES_A_CHANGE = 60  # what a row of the log takes, roughly; SQLite does not say it of one table

_TABLES = (
    "CREATE TABLE IF NOT EXISTS snakeweb_changes_owner "
    "(one INTEGER PRIMARY KEY CHECK (one = 1), run INTEGER NOT NULL, by INTEGER NOT NULL, token INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS snakeweb_changes_watched "
    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key TEXT NOT NULL, columns TEXT NOT NULL, "
    "triggers TEXT NOT NULL)",
)
_NUMBER = "(SELECT number FROM snakeweb_changes_watched WHERE name = ?)"


class SqliteChangeLog(ChangeLog):
    """`run` is the one whose log it is: in a rollback run, the run that it undoes."""

    guards_us = True

    def __init__(self, connection: sqlite3.Connection, path: str, run: int) -> None:
        self._connection = connection
        self._path = path
        self._run = run

    def close(self) -> None:
        self._connection.close()

    def problems(self, watched: Sequence[Watched]) -> list[Problem]:
        with domain_errors(self._path):
            found = [problem for each in watched for problem in self._problems(each)]
            if self._there():
                owner = self._connection.execute("SELECT run FROM snakeweb_changes_owner").fetchone()
                run = f"run {owner[0]}" if owner else "somebody"
                message = f"{self._path} has a change log already, of {run}; one database has one."
                found.append(Problem("parameters.live", message, f"Finish or roll back {run} first.", "log_of_another"))
            return found

    def _problems(self, watched: Watched) -> Iterator[Problem]:
        if not self._columns(watched.table):
            yield Problem(
                "parameters.tables", f"There is no table {watched.table}.", "Name one that is there.", "missing"
            )
            return
        if not watched.key:
            yield Problem(
                "parameters.tables",
                f"{watched.table} has no key, so nobody could say which of its rows changed.",
                "Give it a primary key, or copy it while nobody writes to it.",
                "no_key",
            )
        for unique in triggers.uniques(self._connection, watched.table):
            if unique.computed:
                yield Problem(
                    "parameters.tables",
                    f"“{unique.name}” of {watched.table} is unique over an expression: a row that REPLACE removes "
                    "because of it would go unnoticed.",
                    "Drop that index for the time of the move, or copy the table while nobody writes to it.",
                    "unique_expression",
                )

    def install(self, watched: Sequence[Watched], worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._path), self._writing(patience):
            for statement in _TABLES:
                self._connection.execute(statement)
            self._own(worker, first=True)
            widest = max((len(each.key) for each in watched), default=1)
            keys = ", ".join(f"key{number}" for number in range(1, widest + 1))
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS snakeweb_changes "
                f"(id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, at INTEGER NOT NULL, {keys})"
            )
            self._connection.execute(
                "CREATE INDEX IF NOT EXISTS snakeweb_changes_by_table ON snakeweb_changes (number, id)"
            )
            for each in watched:
                self._install(each)

    def _install(self, watched: Watched) -> None:
        columns = self._columns(watched.table)
        if not columns:
            raise ValidationFailed(f"There is no table {watched.table}. Nothing was changed there.")
        if self._connection.execute(
            "SELECT 1 FROM snakeweb_changes_watched WHERE name = ?", [watched.table]
        ).fetchone():
            return
        (number,) = self._connection.execute(
            "INSERT INTO snakeweb_changes_watched (name, key, columns, triggers) VALUES (?, ?, ?, '') RETURNING number",
            [watched.table, json.dumps(watched.key), json.dumps(columns)],
        ).fetchone()
        unique = triggers.uniques(self._connection, watched.table)
        made = triggers.logging(number, watched.table, watched.key, unique)
        for statement in made.values():
            self._connection.execute(statement)
        self._connection.execute(
            "UPDATE snakeweb_changes_watched SET triggers = ? WHERE number = ?", [json.dumps(made), number]
        )

    def remove(self, worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._path):
            if not self._there():
                return
            with self._writing(patience):
                self._own(worker)
                self._drop_triggers(triggers.PREFIX)
                self._drop_triggers(triggers.GUARD_PREFIX)
                for table in ("snakeweb_changes", "snakeweb_changes_watched", "snakeweb_changes_owner"):
                    self._connection.execute(f"DROP TABLE IF EXISTS {table}")

    def _drop_triggers(self, prefix: str) -> None:
        for name in self._standing(prefix):
            self._connection.execute(f"DROP TRIGGER {quoted(name)}")

    def installed(self) -> bool:
        with domain_errors(self._path):
            mine = "SELECT 1 FROM snakeweb_changes_owner WHERE run = ?"
            return self._there() and self._connection.execute(mine, [self._run]).fetchone() is not None

    def damage(self) -> tuple[str, ...]:
        with domain_errors(self._path):
            if not self._there():
                return ("The change log was removed.",)
            standing = self._standing(triggers.PREFIX)
            rows = self._connection.execute(
                "SELECT name, columns, triggers FROM snakeweb_changes_watched ORDER BY number"
            ).fetchall()
            return tuple(
                line for name, columns, made in rows for line in self._damage(name, columns, json.loads(made), standing)
            )

    def _damage(self, name: str, columns: str, wanted: dict[str, str], standing: dict[str, str]) -> Iterator[str]:
        now = self._columns(name)
        if not now:
            yield f"{name} was dropped or renamed."
            return
        if changed := sorted(set(json.loads(columns)) ^ set(now)):
            yield f"{name} was altered: {', '.join(changed)}."
        if gone := [trigger for trigger in wanted if trigger not in standing]:
            yield f"{len(gone)} trigger(s) of {name} were dropped."
        if [trigger for trigger in wanted if standing.get(trigger, wanted[trigger]) != wanted[trigger]]:
            yield f"A trigger of {name} was changed."

    def pending(self) -> Pending:
        with domain_errors(self._path):
            rows = self._connection.execute(
                "SELECT w.name, count(*), min(l.at) FROM snakeweb_changes_watched w "
                "JOIN snakeweb_changes l USING (number) GROUP BY w.number ORDER BY w.number"
            ).fetchall()
        changes = sum(count for _, count, _ in rows)
        oldest = max((max(0, time.time_ns() // 1_000_000 - at) for _, _, at in rows), default=0)
        return Pending(changes, oldest, changes * BYTES_A_CHANGE, {name: count for name, count, _ in rows})

    def read(self, watched: Watched, after: int, limit: int) -> list[Change]:
        readers = [reader(wanted) for wanted in watched.wanted]
        keys = ", ".join(f"key{number}" for number in range(1, len(readers) + 1))
        with domain_errors(self._path):
            rows = self._connection.execute(
                f"SELECT id, {keys} FROM snakeweb_changes WHERE number = {_NUMBER} AND id > ? "  # noqa: S608
                "ORDER BY id LIMIT ?",
                [watched.table, after, limit],
            ).fetchall()
        return [
            Change(id_, tuple(read(part) or "" for read, part in zip(readers, key, strict=True))) for id_, *key in rows
        ]

    def acknowledge(self, table: str, ids: Sequence[int]) -> None:
        with domain_errors(self._path):
            self._connection.execute(
                f"DELETE FROM snakeweb_changes WHERE number = {_NUMBER} "  # noqa: S608
                "AND id IN (SELECT value FROM json_each(?))",
                [table, json.dumps(list(ids))],
            )

    def clear(self, worker: WorkerToken) -> None:
        with domain_errors(self._path), transaction(self._connection):
            self._own(worker)
            self._connection.execute("DELETE FROM snakeweb_changes")

    def compact(self) -> int:
        with domain_errors(self._path):
            # Every column but those two: the table and the parts of the key.
            columns = self._connection.execute(
                "SELECT name FROM pragma_table_info('snakeweb_changes') WHERE name NOT IN ('id', 'at')"
            ).fetchall()
            newest = f"SELECT max(id) FROM snakeweb_changes GROUP BY {', '.join(name for (name,) in columns)}"  # noqa: S608
            return self._connection.execute(
                f"DELETE FROM snakeweb_changes WHERE id NOT IN ({newest})"  # noqa: S608
            ).rowcount

    @contextmanager
    def locked(self, longest_ms: int, patience: Patience) -> Iterator[float]:
        """A worker that freezes keeps the file locked until it is ended: SQLite has no server to do it."""
        with domain_errors(self._path), self._writing(patience):
            yield time.monotonic()

    def guard(self, message: str, worker: WorkerToken) -> None:
        """Snakeweb's own writes are refused as well: nothing tells a file who writes."""
        with domain_errors(self._path):
            self._own(worker)
            standing = self._standing(triggers.GUARD_PREFIX)
            for number, name in self._connection.execute(
                "SELECT number, name FROM snakeweb_changes_watched"
            ).fetchall():
                for trigger, statement in triggers.guarding(number, name, message).items():
                    if trigger not in standing:
                        self._connection.execute(statement)

    def unguard(self, worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._path):
            if not self._there():
                return
            with self._writing(patience):
                self._own(worker)
                self._drop_triggers(triggers.GUARD_PREFIX)

    def guarded(self) -> bool:
        with domain_errors(self._path):
            return bool(self._standing(triggers.GUARD_PREFIX))

    def role_problems(self, watched: Sequence[Watched], roles: Sequence[str]) -> list[Problem]:
        message = f"{self._path} is a file, which has no roles."
        return [Problem("parameters.write_stop", message, "Stop the writers by lock, or by hand.", "no_roles")]

    def revoke(self, roles: Sequence[str], longest_ms: int, worker: WorkerToken) -> None:
        raise IllegalTransition(f"{self._path} is a file, which has no roles. Nothing was changed.")

    def give_back(self, worker: WorkerToken | None, *, overdue: bool = False) -> int:
        return 0

    @contextmanager
    def _writing(self, patience: Patience) -> Iterator[None]:
        """The write lock from the first line on. Raises Timeout when somebody else keeps it."""
        self._connection.execute(f"PRAGMA busy_timeout = {patience.lock_ms}")
        deadline = patience.deadline()
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
            patience.alive()
            if time.monotonic() > deadline:
                raise Timeout(f"Somebody kept {self._path} locked for {patience.seconds:.0f} s; nothing was changed.")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _own(self, worker: WorkerToken, *, first: bool = False) -> None:
        """Within a transaction. Raises LeaseLost, and IllegalTransition for another run's log."""
        row = self._connection.execute("SELECT run, by, token FROM snakeweb_changes_owner").fetchone()
        if row is None and not first:
            raise IllegalTransition(f"{self._path} has no change log. Nothing was changed.")
        if row is not None and row[0] != self._run:
            raise of_another(self._path, row[0])
        if row is not None and (row[1], row[2]) > rank(worker):
            raise outranked(worker, self._path)
        self._connection.execute(
            "INSERT OR REPLACE INTO snakeweb_changes_owner (one, run, by, token) VALUES (1, ?, ?, ?)",
            [self._run, *rank(worker)],
        )

    def _there(self) -> bool:
        statement = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'snakeweb_changes_owner'"
        return self._connection.execute(statement).fetchone() is not None

    def _standing(self, prefix: str) -> dict[str, str]:
        rows: list[tuple[Any, ...]] = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, ?) = ? ORDER BY name",
            [len(prefix), prefix],
        ).fetchall()
        return dict(rows)

    def _columns(self, table: str) -> list[str]:
        rows = self._connection.execute(
            'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) ORDER BY cid', [table]
        ).fetchall()
        return [f"{name} {type_}{' not null' if needed or pk else ''}" for name, type_, needed, pk in rows]
