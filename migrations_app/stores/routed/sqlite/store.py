"""A SQLite store under a route: what clients call. A guarded call is one transaction (PROTOCOL 5.2).

Without a guard a call runs the statements that code runs which knows of no route, and the triggers see it as such.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from migrations_app.stores.routed.base import Condition, Fenced, Guard, WriteOutcome, Written, bucket_of
from migrations_app.stores.routed.sqlite.statements import Known, Statements
from migrations_app.stores.routed.sqlite.working import WorkingSQLite
from migrations_app.stores.sessions.applying import refuse_unrepresentable
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.sqlite.connection import domain_errors, transaction
from migrations_app.stores.sessions.sqlite.table import why_unfit

T = TypeVar("T")
_FAILURES = (sqlite3.Error, OverflowError, UnicodeError)


class RoutedSQLite(WorkingSQLite):
    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        try:
            return self._read(session_id, guard)
        except _FAILURES as error:
            return self._once_more(error, guard, lambda: self._read(session_id, guard))

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
            return self._once_more(error, guard, lambda: self._write(session, guard, lifetime_ms, condition, expected))

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        try:
            return self._touch(session_id, guard, lifetime_ms)
        except _FAILURES as error:
            return self._once_more(error, guard, lambda: self._touch(session_id, guard, lifetime_ms))

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        try:
            return self._delete(session_id, guard)
        except _FAILURES as error:
            return self._once_more(error, guard, lambda: self._delete(session_id, guard))

    def _once_more(self, error: Exception, guard: Guard | None, call: Callable[[], T]) -> T:
        """Tables come and go as the store joins and leaves: look at them again, once. Raises Fenced when nothing
        vouches for the guard's epoch any more."""
        with domain_errors(self._config):
            connection = self.sessions.connection()
            if connection.in_transaction:  # the commit itself was refused
                connection.execute("ROLLBACK")
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
        if not (sql.holds_all and session.id):
            refuse_unrepresentable([session], lambda record: why_unfit(record, sql.layout.main))
        if guard is None and condition is Condition.ANY and expected is None and not sql.sided:
            session = self._lasting(session, lifetime_ms)
            connection.execute(sql.put, sql.main_row(session))
            return Written(WriteOutcome.WRITTEN, UNVERSIONED, sql.as_read(session.expires_at_ms))
        with transaction(connection):
            if condition is not Condition.ANY or expected is not None:
                known = self._known(connection, sql, session.id, guard)
                refused = _refusal(known, condition, expected)
                if refused is not None:
                    return _unchanged(refused, known)
            session = self._lasting(session, lifetime_ms)
            version = self._stamp(connection, sql, session.id, guard)
            connection.execute(sql.put, sql.main_row(session))
            if sql.sided:
                connection.execute(sql.put_side, sql.side_row(session))
            if guard is not None:
                connection.execute(sql.watch)
        return Written(WriteOutcome.WRITTEN, version, sql.as_read(session.expires_at_ms))

    def _lasting(self, session: SessionRecord, lifetime_ms: int | None) -> SessionRecord:
        return session if lifetime_ms is None else replace(session, expires_at_ms=self.now_ms() + lifetime_ms)

    def _touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None) -> Written:
        connection, sql = self._use()
        with transaction(connection):
            known = self._known(connection, sql, session_id, guard)
            if not known.live:
                return _unchanged(WriteOutcome.MISSING, known)
            version = self._stamp(connection, sql, session_id, guard)
            length = known.ttl_ms if lifetime_ms is None else lifetime_ms
            deadline = known.expires_at_ms
            if length is not None and sql.extend:
                deadline = self.now_ms() + length
                connection.execute(sql.extend, (sql.stored_deadline(deadline), session_id))
            if guard is not None:
                connection.execute(sql.watch)
        return Written(WriteOutcome.WRITTEN, version, sql.as_read(deadline))

    def _delete(self, session_id: str, guard: Guard | None) -> bool:
        connection, sql = self._use()
        with transaction(connection):
            known = self._known(connection, sql, session_id, guard)
            self._stamp(connection, sql, session_id, guard, dead=True)
            sql.remove_all(connection, [session_id])
            if guard is not None:
                connection.execute(sql.watch)
        return known.live

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

    def _stamp(
        self,
        connection: sqlite3.Connection,
        sql: Statements,
        session_id: str,
        guard: Guard | None,
        *,
        dead: bool = False,
    ) -> Version:
        """Under a guard: check the fence, mint, mark, and let the triggers rest. Raises Fenced."""
        if guard is None:
            return UNVERSIONED
        bucket = bucket_of(session_id)
        minted = connection.execute(sql.mint, (guard.epoch, bucket)).fetchone()
        if minted is None:
            raise self._fenced(connection, sql, bucket)
        now = self.now_ms()
        dirty_at = now if guard.journaled else None
        connection.execute(sql.stamp, (session_id, bucket, *minted, now if dead else None, dirty_at))
        return Version(*minted)

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
