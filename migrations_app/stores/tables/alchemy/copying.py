"""A chunk through SQLAlchemy: rows, fence and mark in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, exc

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import stale
from migrations_app.stores.tables.alchemy.abilities import abilities_of, name_of
from migrations_app.stores.tables.alchemy.moves import Moves, side_table
from migrations_app.stores.tables.alchemy.reading import PAGE, AlchemyReading
from migrations_app.stores.tables.alchemy.reasons import refusals
from migrations_app.stores.tables.alchemy.values import binder
from migrations_app.stores.tables.base import Carried, Copied, Database, Mark, Side
from migrations_app.stores.tables.refusals import Interfered
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection

ATTEMPTS = 4


class AlchemyCopying(AlchemyReading):
    _named: tuple[Connection, WorkerToken] | None = None

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with self._errors():
            moves = self._moves(self._open())
            for _ in range(ATTEMPTS):
                moves.create()
                moves.end_predecessor(worker)
                try:
                    with refusals(), self._transaction() as connection:
                        self._moves(connection).raise_to(worker)
                except Interfered:
                    continue
                except exc.ProgrammingError:
                    if moves.exist():
                        raise
                    continue  # the last of another run has dropped the side table
                self._name_session(worker)
                return
        raise Timeout(
            f"The fence of {worker.scope} is held by an earlier worker that does not let go; nothing was changed."
        )

    def marks(self, scope_prefix: str) -> dict[str, Mark]:
        with self._errors():
            moves = self._moves(self._open())
            return dict(moves.marks(scope_prefix)) if moves.exist() else {}

    def stand(self, scope: str, worker: WorkerToken) -> Mark:
        with self._errors():
            for _ in range(ATTEMPTS):
                with suppress(Interfered), refusals(), self._fenced(worker) as moves:
                    return moves.stand(scope)
        raise Timeout(f"Others were in the way of the mark {scope} {ATTEMPTS} times; nothing was changed.")

    def pass_mark(self, mark: Mark, upto: KeyValue | None, worker: WorkerToken, *, finished: bool = False) -> Mark:
        after = replace(mark, upto=upto, finished=finished)
        with self._errors(), refusals(), self._fenced(worker) as moves:
            moves.confirm(mark)
            moves.write(after)
        return after

    def forget(self, scope_prefix: str, worker: WorkerToken) -> None:
        with self._errors():
            if self._moves(self._open()).exist():
                with refusals(), self._fenced(worker) as moves:
                    moves.forget(scope_prefix)
                    moves.drops_in_transaction()
                self._moves(self._open()).drop_when_empty()

    @property
    def silent(self) -> bool:
        return False

    def write_chunk(
        self, source: Database, selection: Selection, within: KeyRange, mark: Mark, worker: WorkerToken
    ) -> Copied:
        with self._errors():
            words = self._words(selection, Side.TARGET)
            insert = self._insertion(selection, words.table)
            with refusals(), self._fenced(worker) as moves:
                moves.confirm(mark)
                copied = self._insert(insert, self._bound(source.carried(selection, within), selection))
                moves.write(replace(mark, upto=within.upto, rows=mark.rows + copied.rows))
        return copied

    def _bound(self, rows: Iterator[tuple[Carried, ...]], selection: Selection) -> Iterator[list[Any]]:
        able = abilities_of(name_of(self._open().dialect))
        binders = [binder(one, able) for one in selection.columns]
        for row in rows:
            yield [bind(value) for bind, value in zip(binders, row, strict=True)]

    def _insertion(self, selection: Selection, table: sa.TableClause) -> sa.Insert:
        """Of one row, its values to be bound by `p0`, `p1`..."""
        places: dict[str, Any] = {one.target: sa.bindparam(f"p{place}") for place, one in enumerate(selection.columns)}
        return sa.insert(table).values(places)

    def _insert(self, insert: sa.Insert, rows: Iterator[Sequence[Any]]) -> Copied:
        count = size = 0
        while page := [{f"p{place}": value for place, value in enumerate(row)} for row in islice(rows, PAGE)]:
            self._writer().execute(insert, page)
            count += len(page)
            size += sum(len(v) if isinstance(v, str | bytes) else 8 for row in page for v in row.values())
        return Copied(count, size)

    def _moves(self, connection: Connection) -> Moves:
        return Moves(connection, side_table(next(iter(self._config.schemas), None)))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Of the connection that writes, which a failure does not outlive: what it was doing is over for the server."""
        connection = self._writer()
        try:
            with connection.begin():
                yield connection
        except exc.DBAPIError:
            self._close("_writing")
            raise

    @contextmanager
    def _fenced(self, worker: WorkerToken) -> Iterator[Moves]:
        """A transaction that holds the worker's fence. Raises LeaseLost."""
        self._name_session(worker)
        with self._transaction() as connection:
            moves = self._moves(connection)
            try:
                moves.check(worker)
            except (exc.ProgrammingError, exc.OperationalError):
                if self._moves(self._open()).exist():
                    raise
                raise stale(worker, None) from None
            yield moves

    def _name_session(self, worker: WorkerToken) -> None:
        writer = self._writer()
        if self._named is None or self._named != (writer, worker):
            with writer.begin():
                self._moves(writer).name_session(worker)
            self._named = (writer, worker)
