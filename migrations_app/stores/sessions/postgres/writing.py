"""Apply-if-newer in bulk: straight COPY while ids are new, staging and merge as soon as one is not.

COPY into the table itself is what makes the bulk copy fast. It cannot compare versions, so the first id that is
already there (unique violation) rolls the batch back and sends it, and the batches after it, through a staging table;
a merged batch without any conflict turns the straight way on again.
"""

from collections.abc import Sequence

from psycopg import errors
from psycopg.sql import Composed

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.base import Applied
from migrations_app.stores.sessions.postgres.binary_rows import Rows
from migrations_app.stores.sessions.postgres.columns import why_unfit
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import TableLayout
from migrations_app.stores.sessions.records import SessionRecord, Version


class Writer:
    """Writes to one table over one connection."""

    def __init__(self, connection: Connection, layout: TableLayout, fences: Fences) -> None:
        self._connection = connection
        self._fences = fences
        self._layout = layout
        self._straight = True
        self._staged = False
        self.why_unfit = why_unfit(layout.main)
        self._main = Rows(list(layout.main.values()))
        self._copy_main = layout.copy_statement(layout.names.table, self._main.columns)
        self._stage = Rows(layout.all_columns())
        self._copy_stage = layout.copy_stage_statement(self._stage.columns)
        self._side: Rows | None = None
        if layout.side:
            self._side = Rows(list(layout.side.values()))
            self._copy_side = layout.copy_statement(layout.names.side, self._side.columns)

    def apply(self, records: Sequence[SessionRecord], worker: WorkerToken, version: Version | None) -> Applied:
        """`records` have distinct ids and fit the columns. Raises LeaseLost with nothing written."""
        self._fences.announce(worker)
        if self._straight:
            try:
                return self._copy(records, worker, version)
            except errors.UniqueViolation:
                self._straight = False
        return self._merge(records, worker, version)

    def _copy(self, records: Sequence[SessionRecord], worker: WorkerToken, version: Version | None) -> Applied:
        with self._connection.transaction():
            live = _live(records, self._fences.check(worker))
            if live:
                self._send(self._copy_main, self._main.encode(live, version))
                if self._side is not None:
                    self._send(self._copy_side, self._side.encode(live, version))
        return Applied(len(live), len(records) - len(live))

    def _merge(self, records: Sequence[SessionRecord], worker: WorkerToken, version: Version | None) -> Applied:
        connection, layout = self._connection, self._layout
        if not self._staged:
            connection.execute(layout.stage_statement())
            self._staged = True
        with connection.transaction():
            live = _live(records, self._fences.check(worker))
            self._send(self._copy_stage, self._stage.encode(live, version))
            known = connection.execute(layout.lock_rows(), prepare=True).rowcount
            connection.execute(layout.raise_deadlines(), prepare=True)
            connection.execute(layout.refuse_older(), prepare=True)
            written = connection.execute(layout.merge(), prepare=True).rowcount
            if self._side is not None:
                connection.execute(layout.merge_side(), prepare=True)
        self._straight = known == 0
        return Applied(written, len(records) - written)

    def _send(self, statement: Composed, rows: bytes) -> None:
        with self._connection.cursor().copy(statement) as copy:
            copy.write(rows)


def _live(records: Sequence[SessionRecord], now_ms: int) -> Sequence[SessionRecord]:
    return [record for record in records if record.expires_at_ms is None or record.expires_at_ms > now_ms]
