"""What a client calls under a guard: one prepared statement each."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from typing import NamedTuple

from psycopg.pq.abc import PGresult

from migrations_app.stores.routed.base import Condition, Fenced, Guard, WriteOutcome, Written, bucket_of
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.routed.postgres.rows import Rows
from migrations_app.stores.routed.postgres.statements import (
    FALSE,
    TRUE,
    Statements,
    int4,
    int8,
    number,
    optional_int8,
    text,
)
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version

_ANSWER = "sw_outcome, sw_ver_epoch, sw_ver_seq, sw_expires_ms, sw_fence, sw_document"


class _Answer(NamedTuple):
    outcome: str
    version: Version
    expires_at_ms: int | None


class Guarded:
    """Over one connection. Raises psycopg's errors, and Fenced."""

    def __init__(self, statements: Statements, parts: Parts, rows: Rows) -> None:
        self._statements = statements
        self._rows = rows
        names = parts.names
        # One snapshot for the session, its version and the fence. The fence's row is always there.
        self._read = (
            f"SELECT b.fence, r.epoch, r.seq, {parts.selected()} FROM {names.buckets} b "
            f"LEFT JOIN {parts.joined_source()} ON t.{parts.key} = $1 AND {parts.live()} "
            f"LEFT JOIN {names.route} r ON r.key = $1 WHERE b.bucket = $2"
        )
        self._document = f"SELECT document FROM {names.state}"
        count = 9 + len(parts.written)
        self._write = _call(names.of("write1"), count)
        self._touch = _call(names.of("touch1"), 5)
        self._delete = _call(names.of("delete1"), 4)

    def read(self, session_id: str, guard: Guard) -> SessionRecord | None:
        result = self._statements.run(self._read, (session_id.encode(), int4(bucket_of(session_id))))
        fence = number(result.get_value(0, 0)) if result.ntuples else None
        if fence is None or fence > guard.epoch:
            found = self._statements.run(self._document, ())
            raise Fenced(_fence(fence, guard), text(found.get_value(0, 0)) if found.ntuples else "")
        epoch = result.get_value(0, 1)
        version = UNVERSIONED if epoch is None else Version(number(epoch) or 0, number(result.get_value(0, 2)) or 0)
        return self._rows.decode(session_id, version, result, 0, 3)

    def write(
        self,
        session: SessionRecord,
        guard: Guard,
        lifetime_ms: int | None,
        condition: Condition,
        expected: Version | None,
    ) -> Written:
        parts = self._rows.encode(session)
        epoch, seq = (None, None) if expected is None else (int8(expected.epoch), int8(expected.seq))
        given = (
            condition.encode(),
            epoch,
            seq,
            optional_int8(lifetime_ms),
            self._rows.beside_flag(session, lifetime_ms),
            *parts,
        )
        answer = _answer(self._statements.run(self._write, (*_head(session.id, guard), *given)), guard)
        return Written(WriteOutcome(answer.outcome), answer.version, answer.expires_at_ms)

    def touch(self, session_id: str, guard: Guard, lifetime_ms: int | None) -> Written:
        given = (*_head(session_id, guard), optional_int8(lifetime_ms))
        answer = _answer(self._statements.run(self._touch, given), guard)
        return Written(WriteOutcome(answer.outcome), answer.version, answer.expires_at_ms)

    def delete(self, session_id: str, guard: Guard) -> bool:
        return _answer(self._statements.run(self._delete, _head(session_id, guard)), guard).outcome == "written"


def _call(function: str, count: int) -> str:
    return f"SELECT {_ANSWER} FROM {function}({', '.join(f'${n}' for n in range(1, count + 1))})"


def _head(session_id: str, guard: Guard) -> tuple[bytes, bytes, bytes, bytes]:
    return (
        session_id.encode(),
        int4(bucket_of(session_id)),
        int8(guard.epoch),
        TRUE if guard.journaled else FALSE,
    )


def _answer(result: PGresult, guard: Guard) -> _Answer:
    """Raises Fenced."""
    outcome, epoch, seq, expires, fence, document = (result.get_value(0, column) for column in range(6))
    if outcome == b"fenced":
        raise Fenced(_fence(number(fence), guard), text(document))
    return _Answer(text(outcome), Version(number(epoch) or 0, number(seq) or 0), number(expires))


def _fence(fence: int | None, guard: Guard) -> int:
    """Where the bucket's row has gone nothing vouches for any epoch known so far."""
    return guard.epoch + 1 if fence is None else fence
