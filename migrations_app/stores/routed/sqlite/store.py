"""A SQLite store under a route: what clients call. A guarded call is one transaction (PROTOCOL 5.2).

Without a guard a call runs the statements that code runs which knows of no route, and the triggers see it as such.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from migrations_app.stores.connections.sqlite import transaction
from migrations_app.stores.routed.base import Condition, Fenced, Guard, WriteOutcome, Written, bucket_of
from migrations_app.stores.routed.sqlite.calls import FENCED, Calls
from migrations_app.stores.routed.sqlite.statements import Known, Statements
from migrations_app.stores.routed.sqlite.working import WorkingSQLite
from migrations_app.stores.sessions.applying import refuse_unrepresentable
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.sqlite.connection import domain_errors
from migrations_app.stores.sessions.sqlite.table import why_unfit

T = TypeVar("T")
_FAILURES = (sqlite3.Error, OverflowError, UnicodeError)


class RoutedSQLite(WorkingSQLite):
    _calls: tuple[Statements, Calls] | None = None

    def close(self) -> None:
        self._calls = None
        super().close()

    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        try:
            return self._read(session_id, guard)
        except _FAILURES as error:
            return self._once_more(error, session_id, guard, lambda: self._read(session_id, guard))

    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        *,
        lifetime_ms: int | None = None,
        condition: Condition = Condition.ANY,
        expected: Version | None = None,
    ) -> Written:
        try:
            return self._write(session, guard, lifetime_ms, condition, expected)
        except _FAILURES as error:
            if not isinstance(error, sqlite3.OperationalError) and FENCED not in str(error):
                self._refuse_unfit(session)
            return self._once_more(
                error, session.id, guard, lambda: self._write(session, guard, lifetime_ms, condition, expected)
            )

    def _refuse_unfit(self, session: SessionRecord) -> None:
        """Raises ValidationFailed when the layout cannot hold the session."""
        layout = self._use()[1].layout
        refuse_unrepresentable([session], lambda record: why_unfit(record, layout.main))

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        try:
            return self._touch(session_id, guard, lifetime_ms)
        except _FAILURES as error:
            return self._once_more(error, session_id, guard, lambda: self._touch(session_id, guard, lifetime_ms))

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        try:
            return self._delete(session_id, guard)
        except _FAILURES as error:
            return self._once_more(error, session_id, guard, lambda: self._delete(session_id, guard))

    def _once_more(self, error: Exception, session_id: str, guard: Guard | None, call: Callable[[], T]) -> T:
        """Tables come and go as the store joins and leaves: look at them again, once. Raises Fenced when nothing
        vouches for the guard's epoch any more."""
        with domain_errors(self._config):
            connection = self.sessions.connection()
            if connection.in_transaction:  # the commit itself was refused
                connection.execute("ROLLBACK")
            if FENCED in str(error):
                assert guard is not None  # noqa: S101 - only a guard is checked
                raise self._fenced(connection, self._use()[1], bucket_of(session_id))
            if "no such" not in str(error):
                raise error
            if guard is not None and not self.joined():
                raise Fenced(0)
            self._statements = None
            return call()

    def _read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        connection, sql = self._use()
        if guard is None:
            row = connection.execute(sql.read_plain, {"id": session_id}).fetchone()
            return sql.record(row, self.now_ms()) if row else None
        bucket = bucket_of(session_id)
        row = connection.execute(sql.read, {"id": session_id, "bucket": bucket}).fetchone()
        if row is None or row[11] > guard.epoch:
            raise self._fenced(connection, sql, bucket)
        return sql.held(session_id, row, self.now_ms()).record

    def _write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        lifetime_ms: int | None,
        condition: Condition,
        expected: Version | None,
    ) -> Written:
        connection, sql = self._use()
        if sql.cuts_ttl or not session.id:
            self._refuse_unfit(session)
        calls = self._ready(connection, sql)
        if condition is Condition.ANY and expected is None:
            return self._put(calls, sql, session, guard, lifetime_ms)
        with transaction(connection):
            known = self._known(connection, sql, session.id, guard)
            refused = _refusal(known, condition, expected)
            if refused is not None:
                return _unchanged(refused, known)
            return self._put(calls, sql, session, guard, lifetime_ms)

    def _put(
        self, calls: Calls, sql: Statements, session: SessionRecord, guard: Guard | None, lifetime_ms: int | None
    ) -> Written:
        now, version = self.now_ms(), UNVERSIONED
        if lifetime_ms is not None:
            session = replace(session, expires_at_ms=now + lifetime_ms)
        if guard is None:
            calls.put_plain(session)
        else:
            version = calls.put(session, guard, now)
        return Written(WriteOutcome.WRITTEN, version, sql.as_read(session.expires_at_ms))

    def _touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None) -> Written:
        connection, sql = self._use()
        calls = self._ready(connection, sql)
        with transaction(connection):
            known = self._known(connection, sql, session_id, guard)
            if not known.live:
                return _unchanged(WriteOutcome.MISSING, known)
            now, version = self.now_ms(), UNVERSIONED
            length = known.ttl_ms if lifetime_ms is None else lifetime_ms
            moved = length is not None and bool(sql.extend)
            deadline = now + length if moved and length is not None else known.expires_at_ms
            if guard is not None:
                version = calls.touch(session_id, guard, now, moved=moved, deadline=sql.stored_deadline(deadline))
            elif moved:
                connection.execute(sql.extend, (sql.stored_deadline(deadline), session_id))
        return Written(WriteOutcome.WRITTEN, version, sql.as_read(deadline))

    def _delete(self, session_id: str, guard: Guard | None) -> bool:
        connection, sql = self._use()
        calls = self._ready(connection, sql)
        with transaction(connection):
            known = self._known(connection, sql, session_id, guard)
            if guard is None:
                sql.remove_all(connection, [session_id])
            else:
                calls.remove(session_id, guard, self.now_ms())
        return known.live

    def _ready(self, connection: sqlite3.Connection, sql: Statements) -> Calls:
        if self._calls is None or self._calls[0] is not sql:
            self._calls = sql, Calls(connection, sql)
        return self._calls[1]

    def _known(self, connection: sqlite3.Connection, sql: Statements, session_id: str, guard: Guard | None) -> Known:
        """Raises Fenced."""
        if guard is None:
            return sql.known(connection.execute(sql.look_plain, {"id": session_id}).fetchone(), self.now_ms())
        bucket = bucket_of(session_id)
        row = connection.execute(sql.look, {"id": session_id, "bucket": bucket}).fetchone()
        known = sql.known(row, self.now_ms())
        if known.fence is None or known.fence > guard.epoch:
            raise self._fenced(connection, sql, bucket)
        return known

    @staticmethod
    def _fenced(connection: sqlite3.Connection, sql: Statements, bucket: int) -> Fenced:
        fence, document = connection.execute(sql.refusal, [bucket]).fetchone() or (None, "")
        return Fenced(fence or 0, document)


def _refusal(known: Known, condition: Condition, expected: Version | None) -> WriteOutcome | None:
    if condition is Condition.ABSENT and known.live:
        return WriteOutcome.EXISTS
    if not known.live:
        return WriteOutcome.MISSING if condition is Condition.PRESENT or expected is not None else None
    return WriteOutcome.CHANGED if expected is not None and known.version != expected else None


def _unchanged(outcome: WriteOutcome, known: Known) -> Written:
    return Written(outcome, known.version if known.live else UNVERSIONED, known.expires_at_ms)
