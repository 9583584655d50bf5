"""What code does that knows of no route: one direct statement, neither fence nor version."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from psycopg.pq.abc import PGresult

from migrations_app.stores.routed.base import Condition, WriteOutcome, Written
from migrations_app.stores.routed.postgres.parts import NOW_MS, Parts
from migrations_app.stores.routed.postgres.rows import Rows
from migrations_app.stores.routed.postgres.statements import Statements, number, optional_int8
from migrations_app.stores.sessions.postgres.table import quoted
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version


class Plain:
    """Over one connection. Raises psycopg's errors."""

    def __init__(self, statements: Statements, parts: Parts, rows: Rows) -> None:
        self._statements = statements
        self._rows = rows
        key = parts.key
        self._read = f"SELECT {parts.selected()} FROM {parts.source()} WHERE t.{key} = $1 AND {parts.live()}"
        self._writes = {
            (condition, beside): _write(parts, condition, beside) for condition in Condition for beside in (False, True)
        }
        self._touch = _touch(parts)
        gone = f"DELETE FROM {parts.names.main} t WHERE t.{key} = $1 RETURNING {parts.live_of_main()} AS live"
        self._delete = gone
        if parts.side:
            beside = f"DELETE FROM {parts.names.side} v WHERE v.key = $1"
            self._delete = f"WITH gone AS ({gone}), beside AS ({beside}) SELECT live FROM gone"

    def read(self, session_id: str) -> SessionRecord | None:
        result = self._statements.run(self._read, (session_id.encode(),))
        return self._rows.decode(session_id, UNVERSIONED, result, 0, 0) if result.ntuples else None

    def write(
        self, session: SessionRecord, lifetime_ms: int | None, condition: Condition, expected: Version | None
    ) -> Written:
        if expected is not None:
            if condition is Condition.ABSENT or expected != UNVERSIONED:
                return self._refused(session.id, condition)
            condition = Condition.PRESENT
        beside = self._rows.beside(session, lifetime_ms)
        parameters = (session.id.encode(), optional_int8(lifetime_ms), *self._rows.encode(session))
        result = self._statements.run(self._writes[condition, beside], parameters)
        if result.ntuples:
            return _written(result)
        return self._refused(session.id, condition)

    def _refused(self, session_id: str, condition: Condition) -> Written:
        """Why nothing was written, as far as it can be told now."""
        there = self.read(session_id)
        if there is None:
            return Written(WriteOutcome.MISSING, UNVERSIONED)
        outcome = WriteOutcome.EXISTS if condition is Condition.ABSENT else WriteOutcome.CHANGED
        return Written(outcome, UNVERSIONED, there.expires_at_ms)

    def touch(self, session_id: str, lifetime_ms: int | None) -> Written:
        result = self._statements.run(self._touch, (session_id.encode(), optional_int8(lifetime_ms)))
        return _written(result) if result.ntuples else Written(WriteOutcome.MISSING, UNVERSIONED)

    def delete(self, session_id: str) -> bool:
        result = self._statements.run(self._delete, (session_id.encode(),))
        return bool(result.ntuples and number(result.get_value(0, 0)))


def _written(result: PGresult) -> Written:
    return Written(WriteOutcome.WRITTEN, UNVERSIONED, number(result.get_value(0, 0)))


def _write(parts: Parts, condition: Condition, beside: bool) -> str:
    """$1 the key, $2 the lifetime, then the parts. One row with the deadline in ms when it took effect."""
    values = {"key": "$1"} | {column.part: f"${n}" for n, column in enumerate(parts.written, 3)}
    types = {column.part: column.type for column in parts.written}
    cast = {part: f"{value}::{types[part]}" if part in types else f"{value}::text" for part, value in values.items()}
    deadline = "NULL::bigint"
    if parts.deadline is not None:
        deadline = f"CASE WHEN $2::bigint IS NULL THEN {cast['expires_at']} ELSE {parts.ends_after('$2::bigint')} END"
        cast["expires_at"] = deadline
    if condition is Condition.PRESENT:
        main = (
            f"UPDATE {parts.names.main} t SET {parts.sets(cast)} WHERE t.{parts.key} = {cast['key']} "
            f"AND {parts.live_of_main()}"
        )
    else:
        where = f"NOT {parts.live_of_main()}" if condition is Condition.ABSENT else ""
        main = parts.upsert(cast, where=where)
    shown = parts.reference("expires_at") if parts.deadline_in_main else deadline
    returned = f"{main} RETURNING {parts.stored(shown)} AS deadline"
    # Every parameter has its place in every variant: a part that stays unused is looked at by nobody.
    unused = ", ".join(f"{value}::{types[part]} IS NULL" for part, value in values.items() if part in types)
    if not parts.side:
        return returned if parts.deadline is not None else f"{returned}, $2::bigint IS NULL"
    if beside:
        upsert = parts.upsert(cast, side=True, source="done")
    else:
        upsert = f"DELETE FROM {parts.names.side} v USING done WHERE v.key = {cast['key']}"
    return f"WITH done AS ({returned}), beside AS ({upsert}) SELECT deadline, {unused} FROM done"


def _touch(parts: Parts) -> str:
    """$1 the key, $2 the lifetime or NULL."""
    length = f"coalesce($2::bigint, {parts.length_of_main()})"
    where = f"t.{parts.key} = $1 AND {parts.live_of_main()}"
    column = parts.deadline
    if column is None:
        return f"SELECT NULL::bigint, $2::bigint FROM {parts.names.main} t WHERE {where}"
    name, mine = quoted(column.name), parts.reference("expires_at")
    moved = f"CASE WHEN {length} IS NULL THEN {{mine}} ELSE {parts.ends_after(length, NOW_MS)} END"
    if parts.deadline_in_main:
        return (
            f"UPDATE {parts.names.main} t SET {name} = {moved.replace('{mine}', mine)} WHERE {where} "
            f"RETURNING {parts.stored(mine)}"
        )
    now = f"(SELECT {mine} FROM {parts.names.side} v WHERE v.key = t.{parts.key})"
    begun = parts.begin_side(moved.replace("{mine}", now), "$1::text", f"FROM {parts.names.main} t WHERE {where}")
    return f"{begun} RETURNING {parts.stored(mine)}"
