"""Apply-if-newer in bulk as the replica (PROTOCOL 7): straight COPY into empty places, staging and merge otherwise.

The backfill brings hundreds of thousands of sessions that no guarded write has touched; they go into the table by
COPY as long as they meet nobody. Whatever has a version is staged and merged.

Clients do not write to a replica, but other workers do, at the same time and under the same ids. Rows that are there
are locked, table first, in the order of keys. Where nothing is, the unique key decides: who comes second starts the
batch again, and sees. One pair has no key in common, a tombstone and a session without a version: the first takes
the adoption lock exclusively, the second shared; a living session with a version needs neither.
"""

import struct
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from psycopg import Transaction, errors

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.base import Adopted, Held, bucket_of
from migrations_app.stores.routed.postgres.merging import HELD, Merge
from migrations_app.stores.routed.postgres.names import ADOPTION_LOCK
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.routed.postgres.rows import Rows
from migrations_app.stores.sessions.applying import refuse_unrepresentable, stale
from migrations_app.stores.sessions.postgres.binary_rows import HEADER, TRAILER
from migrations_app.stores.sessions.postgres.binary_rows import Rows as CopyRows
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import raw
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord

ATTEMPTS = 8
FEW = 50  # sessions, as the relay brings them
EXCLUSIVE, SHARED = "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared"
_key = struct.Struct("!hi").pack
_rest = struct.Struct("!ihiqiqi?i?").pack


class _Known(Exception):
    """A session without a version arrives where a version is known of the id."""


class Adopter:
    """Over one connection. Raises psycopg's errors, LeaseLost with nothing written, and ValidationFailed."""

    def __init__(self, connection: Connection, parts: Parts, fences: Fences, rows: Rows) -> None:
        self._connection = connection
        self._parts = parts
        self._fences = fences
        self._rows = rows
        self._merge = Merge(parts)
        self._straight = True
        self._staged = False
        layout = parts.layout
        self._main = CopyRows(list(layout.main.values()))
        self._copy_main = layout.copy_statement(layout.names.table, self._main.columns)
        self._side = CopyRows(list(layout.side.values())) if parts.side else None
        if self._side is not None:
            self._copy_side = layout.copy_statement(layout.names.side, self._side.columns)
        self._stage = CopyRows(layout.all_columns())
        self._copy_stage = layout.copy_stage_statement(self._stage.columns)

    def adopt(self, held: Sequence[Held], worker: WorkerToken, skew_ms: int) -> Adopted:
        self._fences.announce(worker)
        if not held:
            return Adopted(0, 0, 0)
        arriving = [each for each in held if each.dead or each.record is not None]
        if skew_ms:
            arriving = [_moved(each, skew_ms) for each in arriving]
        records = [each.record for each in arriving if each.record is not None]
        refuse_unrepresentable(records, self._rows.why_unfit)
        straight = (
            self._straight
            and bool(arriving)
            and all(each.version == UNVERSIONED and not each.dead for each in arriving)
        )
        if straight:
            try:
                return self._copy(records, worker, len(held))
            except (errors.UniqueViolation, _Known):
                self._straight = False
        for _ in range(ATTEMPTS):
            try:
                return self._adopt(arriving, worker, len(held))
            except (errors.UniqueViolation, errors.DeadlockDetected):
                continue
            except errors.UndefinedTable:
                if not self._fences.exist():
                    raise stale(worker, None) from None
                raise
        raise Timeout("Other workers keep writing the same sessions; none of the batch was adopted.")

    def _begin(self, worker: WorkerToken, lock: str) -> int:
        """`lock` takes the adoption lock. Returns the server's clock in ms."""
        now_ms = self._fences.check(worker)
        self._connection.execute(self._marked_as_ours(lock), prepare=True)
        return now_ms

    def _marked_as_ours(self, lock: str) -> Any:
        taken = f", {lock}({self._parts.names.lock}, {ADOPTION_LOCK})" if lock else ""
        return raw(f"SELECT set_config('snakeweb.routed', '1', true){taken}")

    def _copy(self, records: Sequence[SessionRecord], worker: WorkerToken, count: int) -> Adopted:
        with self._connection.transaction():
            now_ms = self._begin(worker, SHARED)
            live = [record for record in records if _lives(record, now_ms)]
            self._send(self._copy_main, self._main.encode(live, UNVERSIONED))
            if self._side is not None:
                beside = [record for record in live if self._rows.beside(record)]
                if beside:
                    self._send(self._copy_side, self._side.encode(beside, UNVERSIONED))
            known = raw(f"SELECT FROM {self._parts.names.route} r WHERE r.key = ANY(%s) LIMIT 1")
            if self._connection.execute(known, [[record.id for record in live]]).fetchone() is not None:
                raise _Known
        return Adopted(len(live), 0, count - len(live))

    def _adopt(self, arriving: Sequence[Held], worker: WorkerToken, count: int) -> Adopted:
        """In few round trips: while a bucket is handed over its writes wait for them."""
        connection, execute = self._connection, self._connection.execute
        with ExitStack() as transaction:
            with connection.pipeline():
                transaction.enter_context(
                    Transaction(connection)
                )  # `connection.transaction()` would stay in the pipeline
                asked = self._fences.ask(worker)
                execute(self._marked_as_ours(_lock_for(arriving)), prepare=True)
                if not self._staged:
                    execute(self._parts.layout.stage_statement())
                    execute(raw(self._merge.stage_statement()))
            now_ms = self._fences.judge(worker, asked)
            taken = [each for each in arriving if each.record is None or _lives(each.record, now_ms)]
            records = [each.record for each in taken if each.record is not None]
            self._send(raw(f"COPY {HELD} (key, bucket, epoch, seq, dead, beside) FROM STDIN (FORMAT binary)"),
                       b"".join([HEADER, *(self._row(each) for each in taken), TRAILER]))  # fmt: skip
            if records:
                self._send(self._copy_stage, self._stage.encode(records, UNVERSIONED))
            # A plan that is kept is one for few rows; larger batches are planned each time.
            keep = len(taken) <= FEW
            with connection.pipeline():
                met = [execute(statement, prepare=keep) for statement in self._merge.locks]
                raised = [execute(statement, prepare=keep) for statement in self._merge.raisings]
                for statement in self._merge.effects:
                    execute(statement, prepare=keep)
                outcome = execute(self._merge.outcome, prepare=True)
                for statement in self._merge.lifts:
                    execute(statement, prepare=True)
            (written,) = outcome.fetchone() or (0,)
        self._staged = True
        self._straight = not any(cursor.rowcount for cursor in met)
        later = sum(cursor.rowcount for cursor in raised)
        return Adopted(written, later, count - written - later)

    def _row(self, held: Held) -> bytes:
        key = held.id.encode()
        beside = held.record is not None and self._rows.beside(held.record)
        epoch, seq = held.version
        tail = _rest(2, bucket_of(held.id), 8, epoch, 8, seq, 1, held.dead, 1, beside)
        return _key(6, len(key)) + key + tail

    def _send(self, statement: object, rows: bytes) -> None:
        with self._connection.cursor().copy(statement) as copy:  # type: ignore[arg-type]
            copy.write(rows)


def _lock_for(arriving: Sequence[Held]) -> str:
    if any(each.dead for each in arriving):
        return EXCLUSIVE
    return SHARED if any(each.version == UNVERSIONED for each in arriving) else ""


def _lives(record: SessionRecord, now_ms: int) -> bool:
    return record.expires_at_ms is None or record.expires_at_ms > now_ms


def _moved(held: Held, skew_ms: int) -> Held:
    if held.record is None or held.record.expires_at_ms is None:
        return held
    return replace(held, record=replace(held.record, expires_at_ms=held.record.expires_at_ms + skew_ms))
