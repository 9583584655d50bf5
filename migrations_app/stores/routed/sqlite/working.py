"""What workers do with a SQLite store under a route: one transaction each, which checks the worker's token."""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.connections.sqlite import BUSY_SECONDS, transaction
from migrations_app.stores.routed.base import (
    ALL_BUCKETS,
    Adopted,
    Held,
    JournalState,
    Mark,
    RoutedStore,
    Tombstone,
    bucket_of,
)
from migrations_app.stores.routed.sqlite.statements import Known, Statements
from migrations_app.stores.routed.sqlite.structures import UNRESOLVED, create, drop
from migrations_app.stores.sessions.applying import later, refuse_unrepresentable
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.paging import separator
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.sqlite.connection import domain_errors
from migrations_app.stores.sessions.sqlite.fences import Fences
from migrations_app.stores.sessions.sqlite.store import SQLiteStore
from migrations_app.stores.sessions.sqlite.table import why_unfit


class WorkingSQLite(RoutedStore):
    sessions: SQLiteStore

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self.sessions = SQLiteStore(config, secrets, read_only=read_only)
        self._config = config
        self._read_only = read_only
        self._statements: Statements | None = None

    def close(self) -> None:
        self._statements = None
        self.sessions.close()

    def _use(self) -> tuple[sqlite3.Connection, Statements]:
        connection = self.sessions.connection()
        if self._statements is None or (self._statements.lacks_side and self._has(connection, "snakeweb")):
            self._statements = Statements(self._config, self.sessions.layout_now())
        return connection, self._statements

    def _has(self, connection: sqlite3.Connection, part: str) -> bool:
        name = f"{self._config['table']}__{part}"
        return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name]).fetchone() is not None

    def _look(self, statement: Callable[[Statements], str], *bound: Any) -> list[tuple[Any, ...]]:
        """Rows of what a route keeps; none where none was joined."""
        with domain_errors(self._config):
            connection, sql = self._use()
            try:
                return connection.execute(statement(sql), bound).fetchall()
            except sqlite3.OperationalError:
                if self._has(connection, "state"):
                    raise
                return []

    def join(self, worker: WorkerToken, *, route: str, fence: int, document: str, epoch: int) -> None:
        with domain_errors(self._config):
            connection, self._statements = self.sessions.connection(), None
            with transaction(connection):
                Fences(connection).check(worker)
                layout = self.sessions.layout_now(worker)
                for statement in create(str(self._config["table"]), layout):
                    connection.execute(statement)
                sql = Statements(self._config, layout)
                self._raise(connection, sql, ALL_BUCKETS, fence)
                connection.execute(sql.mirror, [document, epoch, route])
            self._statements = sql

    def leave(self, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            connection = self.sessions.connection()
            with transaction(connection):
                Fences(connection).check(worker)
                for statement in drop(str(self._config["table"])):
                    connection.execute(statement)

    def joined(self) -> bool:
        with domain_errors(self._config):
            return self._has(self.sessions.connection(), "state")

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        """Whoever writes holds the file's one write lock: a fence waits for it, and then stands."""
        with domain_errors(self._config):
            connection, sql = self._use()
            connection.execute(f"PRAGMA busy_timeout = {int(within_ms)}")
            try:
                with transaction(connection):
                    Fences(connection).check(worker)
                    self._raise(connection, sql, buckets, epoch)
            except sqlite3.OperationalError as error:
                if connection.in_transaction:  # the commit itself waited for a reader in vain
                    connection.execute("ROLLBACK")
                if "locked" not in str(error):
                    raise
                raise Timeout(f"Somebody wrote to the SQLite file for more than {within_ms} ms.") from None
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    @staticmethod
    def _raise(connection: sqlite3.Connection, sql: Statements, buckets: Sequence[int], epoch: int) -> None:
        connection.executemany(sql.raise_fence, [(epoch, bucket, epoch) for bucket in buckets])
        connection.execute(sql.rise, [epoch, 0])  # writes without a guard get versions of the newest fence

    def fences(self) -> Sequence[int]:
        return [fence for (fence,) in self._look(lambda sql: sql.fences)]

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            connection, sql = self._use()
            with transaction(connection):
                Fences(connection).check(worker)
                connection.execute(sql.mirror, [document, epoch, None])

    def mirrored(self) -> str:
        return next((str(document) for document, _, _ in self._look(lambda sql: sql.state)), "")

    def legacy_writes(self) -> int:
        return next((int(count) for _, _, count in self._look(lambda sql: sql.state)), 0)

    def highest_seqs(self) -> Sequence[int]:
        return [seq for _, seq, _ in self._look(lambda sql: sql.state)] * BUCKETS

    def incarnation(self) -> str:
        with domain_errors(self._config):
            self.sessions.connection()
            try:
                file = os.stat(self._config["path"])
            except FileNotFoundError:
                return "sqlite:gone"
        return f"sqlite:{file.st_dev}:{file.st_ino}"

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        wanted = set(buckets)
        if not wanted:
            return []
        self._resolve()
        what, tail = "key, bucket, epoch, seq, dirty_at", "ORDER BY dirty_at LIMIT ?"
        found = self._look(lambda sql: sql.of_buckets(what, _among(wanted), tail), limit)
        marks = [
            Mark(key, bucket_of(key) if bucket == UNRESOLVED else bucket, Version(epoch, seq), since)
            for key, bucket, epoch, seq, since in found
        ]
        return [mark for mark in marks if mark.bucket in wanted]

    def _resolve(self) -> None:
        """Compute the buckets of what was written without a guard. A read-only store leaves them open: such a mark
        counts for every bucket."""
        keys = [] if self._read_only else self._look(lambda sql: sql.unresolved)
        if keys:
            with domain_errors(self._config):
                connection, sql = self._use()
                with transaction(connection):
                    connection.executemany(sql.resolve, [(bucket_of(key), key) for (key,) in keys])

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        tokens = [(mark.id, *mark.version) for mark in marks]
        return self._each(lambda sql: sql.acknowledge, tokens, worker)

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        """One that is marked still stays: the replica has not heard of it."""
        return self._each(lambda sql: sql.forget, [(dead.id, *dead.version) for dead in tombstones], worker)

    def _each(
        self, statement: Callable[[Statements], str], rows: Sequence[tuple[Any, ...]], worker: WorkerToken
    ) -> int:
        with domain_errors(self._config):
            connection, sql = self._use()
            with transaction(connection):
                Fences(connection).check(worker)
                return max(connection.executemany(statement(sql), rows).rowcount, 0)

    def marked(self, ids: Sequence[str]) -> set[str]:
        return {name for name in ids if self._look(lambda sql: sql.is_marked, name)}

    def journal(self, buckets: Sequence[int]) -> JournalState:
        if not buckets:
            return JournalState(0, 0)
        self._resolve()
        found = self._look(lambda sql: sql.of_buckets("count(*), min(dirty_at)", _among(set(buckets))))
        depth, oldest = found[0] if found else (0, None)
        return JournalState(depth, 0 if oldest is None else max(0, self.now_ms() - oldest))

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        found = self._look(lambda sql: sql.tombstones, cursor, limit + 1)
        page = [Tombstone(key, Version(epoch, seq), since) for key, epoch, seq, since in found[:limit]]
        return page, separator(found[limit - 1][0], found[limit][0]) if len(found) > limit else ""

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        with domain_errors(self._config):
            connection, sql = self._use()
            if not self._has(connection, "state"):
                rows = [connection.execute(sql.read_plain, {"id": name}).fetchone() for name in ids]
                rows = [(*(row or [None] * 8), None, None, None) for row in rows]
            else:
                rows = [connection.execute(sql.fetch, {"id": name}).fetchone() for name in ids]
            now = self.now_ms()
            return [sql.held(name, row, now) for name, row in zip(ids, rows, strict=True)]

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        with domain_errors(self._config):
            connection, sql = self._use()
            records = [each.record for each in held if each.record is not None]
            if not sql.holds_all:
                refuse_unrepresentable(records, lambda record: why_unfit(record, sql.layout.main))
            with transaction(connection):
                Fences(connection).check(worker)
                batch = _Batch(sql, self.now_ms(), skew_ms)
                for each in held:
                    bound = {"id": each.id, "bucket": bucket_of(each.id)}
                    batch.take(each, sql.known(connection.execute(sql.look, bound).fetchone(), batch.now_ms))
                batch.write(connection)
        return Adopted(batch.written, len(batch.extended), len(held) - batch.written - len(batch.extended))

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        with domain_errors(self._config):
            connection, sql = self._use()
            with transaction(connection):
                Fences(connection).check(worker)
                now = self.now_ms()
                there = sql.held(held.id, connection.execute(sql.fetch, {"id": held.id}).fetchone(), now)
                if there.version != held.version or _value(there) != _value(held):
                    return None
                version = Version(*connection.execute(sql.mint_any, [epoch]).fetchone())
                dead_at = None if held.record else now
                connection.execute(sql.stamp, (held.id, bucket_of(held.id), *version, dead_at, now))
                if dead_at:
                    sql.remove_all(connection, [held.id])
                connection.execute(sql.watch)
                return version


class _Batch:
    """What a bulk adoption is going to write, decided record by record."""

    def __init__(self, sql: Statements, now_ms: int, skew_ms: int) -> None:
        self.now_ms = now_ms
        self.written = 0
        self.extended: list[tuple[Any, str]] = []
        self._sql, self._skew_ms = sql, skew_ms
        self._records: list[SessionRecord] = []
        self._removed: list[str] = []
        self._stamps: list[tuple[Any, ...]] = []

    def take(self, given: Held, known: Known) -> None:
        record = given.record
        if given.dead:
            if given.version > known.version:
                self._removed.append(given.id)
                self._stamp(given)
            return
        if record is None:
            return
        deadline = None if record.expires_at_ms is None else record.expires_at_ms + self._skew_ms
        if deadline is not None and deadline <= self.now_ms:
            return
        if given.version > known.version or (known.version == UNVERSIONED and not known.live):
            self._records.append(replace(record, expires_at_ms=deadline) if self._skew_ms else record)
            self._stamp(given)
        elif given.version == known.version and known.live:
            raised = later(deadline, known.expires_at_ms)
            if self._sql.as_read(raised) != known.expires_at_ms:
                self.extended.append((self._sql.stored_deadline(raised), given.id))

    def _stamp(self, given: Held) -> None:
        self.written += 1
        if given.version > UNVERSIONED:
            dead_at = self.now_ms if given.dead else None
            self._stamps.append((given.id, bucket_of(given.id), *given.version, dead_at, None))

    def write(self, connection: sqlite3.Connection) -> None:
        sql = self._sql
        connection.execute(sql.rest)
        connection.executemany(sql.stamp, self._stamps)
        connection.executemany(sql.put, [sql.main_row(record) for record in self._records])
        if sql.sided:
            connection.executemany(sql.put_side, [sql.side_row(record) for record in self._records])
        sql.remove_all(connection, self._removed)
        connection.executemany(sql.extend, self.extended)
        # What is minted here from now on is newer than what came.
        epoch, seq = (max((stamp[place] for stamp in self._stamps), default=0) for place in (2, 3))
        connection.execute(sql.rise, [epoch, seq])


def _among(buckets: set[int]) -> str:
    return "" if len(buckets) == BUCKETS else ", ".join(str(int(bucket)) for bucket in (UNRESOLVED, *sorted(buckets)))


def _value(held: Held) -> bytes | None:
    return held.record.value if held.record else None
