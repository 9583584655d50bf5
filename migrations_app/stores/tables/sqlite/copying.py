"""A chunk into SQLite: rows, fence and mark in one transaction."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.sqlite import transaction
from migrations_app.stores.tables.base import Carried, Copied, Database, Mark
from migrations_app.stores.tables.refusals import Interfered, Refused
from migrations_app.stores.tables.schema import TypeKind
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection
from migrations_app.stores.tables.sqlite.expressions import listed, quoted
from migrations_app.stores.tables.sqlite.moves import Moves
from migrations_app.stores.tables.sqlite.reading import SQLiteReading
from migrations_app.stores.tables.sqlite.values import binder


class SQLiteCopying(SQLiteReading):
    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with self._errors(), transaction(self._open(create=True)):
            Moves(self._open()).raise_to(worker)

    def marks(self, scope_prefix: str) -> dict[str, Mark]:
        with self._errors():
            return dict(Moves(self._open()).marks(scope_prefix))

    def stand(self, scope: str, worker: WorkerToken) -> Mark:
        with self._errors(), self._fenced(worker) as moves:
            return moves.stand(scope)

    def pass_mark(self, mark: Mark, upto: KeyValue | None, worker: WorkerToken, *, finished: bool = False) -> Mark:
        after = replace(mark, upto=upto, finished=finished)
        with self._errors(), self._fenced(worker) as moves:
            moves.confirm(mark)
            moves.write(after)
        return after

    def forget(self, scope_prefix: str, worker: WorkerToken) -> None:
        with self._errors():
            if Moves(self._open()).exist():
                with self._fenced(worker) as moves:
                    moves.forget(scope_prefix)

    @property
    def silent(self) -> bool:
        return False

    def write_chunk(
        self, source: Database, selection: Selection, within: KeyRange, mark: Mark, worker: WorkerToken
    ) -> Copied:
        rows = _Bound(source.carried(selection, within), selection)
        with self._errors(), refusals(rows), self._fenced(worker) as moves:
            moves.confirm(mark)
            self._open().executemany(insertion(selection), rows)
            moves.write(replace(mark, upto=within.upto, rows=mark.rows + rows.count))
        return Copied(rows.count, rows.size)

    @contextmanager
    def _fenced(self, worker: WorkerToken) -> Iterator[Moves]:
        """A transaction that holds the worker's fence, in which foreign keys are not checked."""
        connection = self._open()
        connection.execute("PRAGMA foreign_keys = OFF")
        try:
            with transaction(connection):
                moves = Moves(connection)
                moves.check(worker)
                yield moves
        finally:
            connection.execute("PRAGMA foreign_keys = ON")


class _Bound:
    """Rows on their way, as SQLite binds them; how many there were so far, and their bytes, about."""

    def __init__(self, rows: Iterator[tuple[Carried, ...]], selection: Selection) -> None:
        self._rows = rows
        self._binders = [binder(one) for one in selection.columns]
        self.count = self.size = 0

    def __iter__(self) -> Iterator[list[Any]]:
        binders = self._binders
        for row in self._rows:
            self.count += 1
            bound = [bind(value) for bind, value in zip(binders, row, strict=True)]
            self.size += sum([len(value) if isinstance(value, str | bytes) else 8 for value in bound])
            yield bound


def insertion(selection: Selection) -> str:
    """An INSERT of one row, its values to be bound."""
    # A text that is no UTF-8 is bound as bytes, and is to be a text all the same.
    places = ["CAST(? AS TEXT)" if one.type.kind is TypeKind.TEXT else "?" for one in selection.columns]
    names = listed([one.target for one in selection.columns])
    return f"INSERT INTO {quoted(selection.target)} ({names}) VALUES ({', '.join(places)})"


@contextmanager
def refusals(rows: _Bound | Sequence[Any]) -> Iterator[None]:
    """What is about the rows, or about the moment, is said so; all else goes on to `_errors`."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        raise Refused(f"{error}.", _row(rows)) from None
    except (OverflowError, UnicodeEncodeError):
        raise Refused("SQLite cannot hold one of its values.", _row(rows)) from None
    except Refused as refused:
        raise Refused(refused.reason, refused.row or _row(rows)) from None
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Interfered(f"{error}.") from None
        raise


def _row(rows: _Bound | Sequence[Any]) -> int | None:
    return rows.count or None if isinstance(rows, _Bound) else None
