"""A chunk into PostgreSQL: COPY, fence and mark in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg
from psycopg import errors

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Copied, Database, Mark
from migrations_app.stores.tables.postgres.expressions import listed, table_name
from migrations_app.stores.tables.postgres.lines import lines
from migrations_app.stores.tables.postgres.moves import Moves
from migrations_app.stores.tables.postgres.reading import PostgresReading
from migrations_app.stores.tables.postgres.reasons import line_of, reason_of
from migrations_app.stores.tables.refusals import Interfered, Refused
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection

_IS_SUPERUSER = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
_MAY_SET = "SELECT has_parameter_privilege('session_replication_role', 'SET')"
_DEFERRABLE = (
    "SELECT FROM pg_catalog.pg_constraint WHERE conrelid = ANY(%s::text[]::regclass[]) "
    "AND contype IN ('p', 'u', 'x') AND condeferrable LIMIT 1"
)


class PostgresCopying(PostgresReading):
    _quiet: bool | None = None

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with self._errors():
            self._moves().raise_to(worker)

    def marks(self, scope_prefix: str) -> dict[str, Mark]:
        with self._errors():
            return dict(self._moves().marks(scope_prefix))

    def stand(self, scope: str, worker: WorkerToken) -> Mark:
        with self._errors(), self._fenced(worker) as moves:
            return moves.stand(scope)

    def pass_mark(self, mark: Mark, upto: KeyValue | None, worker: WorkerToken, *, finished: bool = False) -> Mark:
        after = replace(mark, upto=upto, finished=finished)
        with self._errors(), self._fenced(worker) as moves:
            moves.lock(mark)
            moves.write(after)
        return after

    def forget(self, scope_prefix: str, worker: WorkerToken) -> None:
        with self._errors():
            if self._moves().exist():
                with self._fenced(worker) as moves:
                    moves.forget(scope_prefix)
                self._moves().drop_when_empty()

    @property
    def silent(self) -> bool:
        if self._quiet is None:
            with self._errors():
                newer = self._open().info.server_version >= 150000
                self._quiet = bool(self._one(_MAY_SET if newer else _IS_SUPERUSER)[0])
        return self._quiet

    def write_chunk(
        self, source: Database, selection: Selection, within: KeyRange, mark: Mark, worker: WorkerToken
    ) -> Copied:
        with self._errors(), refusals(), self._fenced(worker, tables=[selection.target]) as moves:
            moves.lock(mark)
            copied = self._copy_in(selection, *_blocks(source, selection, within))
            # A constraint that waits for the commit speaks here, where its name still reaches somebody.
            self._open().execute("SET CONSTRAINTS ALL IMMEDIATE")
            moves.write(replace(mark, upto=within.upto, rows=mark.rows + copied.rows))
        return copied

    def _copy_in(self, selection: Selection, binary: bool, blocks: Iterator[bytes]) -> Copied:
        columns = listed([one.target for one in selection.columns])
        form = "binary" if binary else "text"
        statement = f"COPY {table_name(selection.target)} ({columns}) FROM STDIN (FORMAT {form}, ENCODING 'UTF8')"
        size = 0
        with self._open().cursor() as cursor:
            with cursor.copy(statement.encode()) as copy:
                for block in blocks:
                    size += len(block)
                    copy.write(block)
            return Copied(cursor.rowcount, size)

    def _moves(self) -> Moves:
        return Moves(self._open(), self._config.schemas[0])

    @contextmanager
    def _fenced(self, worker: WorkerToken, *, tables: Sequence[str] = ()) -> Iterator[Moves]:
        """A transaction that holds the worker's fence, in which these tables' triggers do not fire where possible."""
        for name in tables:
            self.table(name)  # the catalogue is read in a transaction of its own
        silenced = bool(tables) and self.silent and not self._waits(tables)
        with self._open().transaction():
            moves = self._moves()
            moves.check(worker)
            if silenced:
                self._open().execute("SET LOCAL session_replication_role = replica")
            yield moves

    def _waits(self, tables: Sequence[str]) -> bool:
        """Whether one of them has a unique constraint that is checked by a trigger, which has to fire."""
        names = [table_name(name) for name in tables]
        return self._open().execute(_DEFERRABLE, [names]).fetchone() is not None


def _blocks(source: Database, selection: Selection, within: KeyRange) -> tuple[bool, Iterator[bytes]]:
    spoken = source.blocks(selection, within)
    return spoken if spoken is not None else (False, lines(source.carried(selection, within)))


@contextmanager
def refusals() -> Iterator[None]:
    """What is about the rows, or about the moment, is said so; all else goes on to `_errors`."""
    try:
        yield
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable) as error:
        raise Interfered(reason_of(error)) from None
    except (errors.DataError, errors.IntegrityError, errors.RaiseException) as error:
        raise Refused(reason_of(error), line_of(error)) from None
    except psycopg.DataError as error:  # the driver's own: a NUL
        raise Refused(reason_of(error)) from None
