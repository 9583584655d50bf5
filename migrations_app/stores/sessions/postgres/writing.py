"""Apply-if-newer in bulk: straight COPY while ids are new, staging and merge as soon as one is not.

COPY into the table itself is what makes the bulk copy fast. It cannot compare versions, so the first id that is
already there (unique violation) rolls the batch back and sends it, and the batches after it, through a staging table;
a merged batch without any conflict turns the straight way on again.
"""

import struct
from collections.abc import Sequence

from psycopg import errors

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.base import Applied
from migrations_app.stores.sessions.postgres.columns import Column, Encode, encoder
from migrations_app.stores.sessions.postgres.connection import Connection
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import TableLayout
from migrations_app.stores.sessions.records import SessionRecord

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_LENGTH = struct.Struct("!i").pack
_COUNT = struct.Struct("!h").pack


class Writer:
    """Writes to one table over one connection."""

    def __init__(self, connection: Connection, layout: TableLayout, fences: Fences) -> None:
        self._connection = connection
        self._fences = fences
        self._layout = layout
        self._straight = True
        self._staged = False
        self._main = _Target(list(layout.main.values()))
        self._side = _Target(list(layout.side.values()))
        self._stage = _Target(layout.all_columns())
        self._copy_main = layout.copy_statement(layout.names.table, list(layout.main.values()))
        self._copy_side = layout.copy_statement(layout.names.side, list(layout.side.values()))

    def apply(self, records: Sequence[SessionRecord], worker: WorkerToken) -> Applied:
        """`records` have distinct ids and fit the columns. Raises LeaseLost with nothing written."""
        self._fences.announce(worker)
        if self._straight:
            try:
                return self._copy(records, worker)
            except errors.UniqueViolation:
                self._straight = False
        return self._merge(records, worker)

    def _copy(self, records: Sequence[SessionRecord], worker: WorkerToken) -> Applied:
        with self._connection.transaction():
            live = _live(records, self._fences.check(worker))
            if live:
                self._send(self._copy_main, self._main.rows(live))
                if self._layout.side:
                    self._send(self._copy_side, self._side.rows(live))
        return Applied(len(live), len(records) - len(live))

    def _merge(self, records: Sequence[SessionRecord], worker: WorkerToken) -> Applied:
        connection, layout = self._connection, self._layout
        if not self._staged:
            connection.execute(layout.stage_statement())
            self._staged = True
        with connection.transaction():
            live = _live(records, self._fences.check(worker))
            self._send(layout.copy_stage_statement(), self._stage.rows(live))
            known = connection.execute(layout.lock_rows(), prepare=True).rowcount
            connection.execute(layout.raise_deadlines(), prepare=True)
            connection.execute(layout.refuse_older(), prepare=True)
            written = connection.execute(layout.merge(), prepare=True).rowcount
            if layout.side:
                connection.execute(layout.merge_side(), prepare=True)
        self._straight = known == 0
        return Applied(written, len(records) - written)

    def _send(self, statement: object, rows: bytes) -> None:
        with self._connection.cursor().copy(statement) as copy:  # type: ignore[arg-type]
            copy.write(rows)


class _Target:
    """Writes records as rows of PostgreSQL's binary COPY format."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._encoders: list[Encode] = [encoder(column) for column in columns]
        self._head = _COUNT(len(columns))

    def rows(self, records: Sequence[SessionRecord]) -> bytes:
        """Raises ValidationFailed when a number does not fit its column."""
        parts = [_HEADER]
        add = parts.append
        try:
            for record in records:
                add(self._head)
                for encode in self._encoders:
                    content = encode(record)
                    if content is None:
                        add(_NULL)
                    else:
                        add(_LENGTH(len(content)))
                        add(content)
        except struct.error:
            problem = Problem("config.columns", "A number is beyond what its column can hold.", "Use bigint columns.")
            raise ValidationFailed("A session cannot be written; none of its batch was.", problems=[problem]) from None
        add(_TRAILER)
        return b"".join(parts)


def _live(records: Sequence[SessionRecord], now_ms: int) -> list[SessionRecord]:
    return [record for record in records if record.expires_at_ms is None or record.expires_at_ms > now_ms]
