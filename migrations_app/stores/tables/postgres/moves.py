"""Fences and marks of a move, in the table `snakeweb_moves` beside the rows that it brings."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import json
from collections.abc import Mapping

from psycopg import errors

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.applying import stale
from migrations_app.stores.sessions.postgres.fences import session_name
from migrations_app.stores.tables.base import Mark
from migrations_app.stores.tables.postgres.expressions import quoted
from migrations_app.stores.tables.refusals import MarkMoved
from migrations_app.stores.tables.selection import KeyValue

ATTEMPTS = 4


class Moves:
    """Not thread-safe, like its connection. What changes something runs in its caller's transaction."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._table = f"{quoted(schema)}.snakeweb_moves"

    def exist(self) -> bool:
        row = self._connection.execute("SELECT to_regclass(%s)", [self._table]).fetchone()
        return bool(row and row[0])

    def create(self) -> None:
        if self.exist():
            return
        try:
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (kind text NOT NULL, scope text NOT NULL, token bigint, "
                "upto text, rows bigint, finished boolean, PRIMARY KEY (kind, scope))".encode()
            )
        except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
            return  # another worker created it at the same moment

    def raise_to(self, worker: WorkerToken) -> None:
        """In autocommit. Raises LeaseLost when a greater token is known, Timeout when a predecessor does not let go."""
        statement = (
            f"INSERT INTO {self._table} AS m (kind, scope, token) VALUES ('fence', %s, %s) ON CONFLICT (kind, scope) "
            "DO UPDATE SET token = excluded.token WHERE m.token <= excluded.token RETURNING token"
        )
        for _ in range(ATTEMPTS):
            self.create()
            self._end_predecessors(worker)
            try:
                if self._connection.execute(statement.encode(), [worker.scope, worker.token]).fetchone():
                    break
            except (errors.LockNotAvailable, errors.UndefinedTable):
                continue
            raise stale(worker, self._token(worker))
        else:
            raise Timeout(
                f"The fence of {worker.scope} is held by an earlier worker that does not let go; nothing was changed."
            )
        self._connection.execute("SELECT set_config('application_name', %s, false)", [session_name(worker)])

    def check(self, worker: WorkerToken) -> None:
        """Hold the fence until the transaction's end. Raises LeaseLost when a greater token is known, or none."""
        try:
            known = self._token(worker, "FOR SHARE")
        except errors.UndefinedTable:
            raise stale(worker, None) from None
        if known is None or known > worker.token:
            raise stale(worker, known)

    def stand(self, scope: str) -> Mark:
        """The mark, made where there is none."""
        self._connection.execute(
            f"INSERT INTO {self._table} (kind, scope, rows, finished) VALUES ('mark', %s, 0, false) "
            "ON CONFLICT DO NOTHING".encode(),
            [scope],
        )
        return self.marks(scope)[scope]

    def lock(self, mark: Mark) -> None:
        """Raises MarkMoved when the range does not stand there any more."""
        row = self._connection.execute(
            f"SELECT upto, finished FROM {self._table} WHERE kind = 'mark' AND scope = %s FOR UPDATE".encode(),
            [mark.scope],
        ).fetchone()
        if row is None or (_key(row[0]), row[1]) != (mark.upto, mark.finished):
            raise MarkMoved(mark.scope)

    def write(self, mark: Mark) -> None:
        upto = None if mark.upto is None else json.dumps(mark.upto)
        self._connection.execute(
            f"UPDATE {self._table} SET upto = %s, rows = %s, finished = %s WHERE kind = 'mark' AND scope = %s".encode(),
            [upto, mark.rows, mark.finished, mark.scope],
        )

    def marks(self, prefix: str) -> Mapping[str, Mark]:
        try:
            found = self._connection.execute(
                f"SELECT scope, upto, rows, finished FROM {self._table} "
                "WHERE kind = 'mark' AND starts_with(scope, %s)".encode(),
                [prefix],
            ).fetchall()
        except errors.UndefinedTable:
            return {}
        return {scope: Mark(scope, _key(upto), rows, finished) for scope, upto, rows, finished in found}

    def forget(self, prefix: str) -> None:
        self._connection.execute(f"DELETE FROM {self._table} WHERE starts_with(scope, %s)".encode(), [prefix])

    def drop_when_empty(self) -> None:
        """In autocommit."""
        try:
            with self._connection.transaction():
                self._connection.execute(f"LOCK TABLE {self._table} IN ACCESS EXCLUSIVE MODE".encode())
                if self._connection.execute(f"SELECT FROM {self._table} LIMIT 1".encode()).fetchone() is None:
                    self._connection.execute(f"DROP TABLE {self._table}".encode())
        except (errors.UndefinedTable, errors.InsufficientPrivilege, errors.LockNotAvailable):
            return  # gone already, or not ours to drop: an empty table harms nobody

    def _token(self, worker: WorkerToken, lock: str = "") -> int | None:
        row = self._connection.execute(
            f"SELECT token FROM {self._table} WHERE kind = 'fence' AND scope = %s {lock}".encode(), [worker.scope]
        ).fetchone()
        return int(row[0]) if row else None

    def _end_predecessors(self, worker: WorkerToken) -> None:
        """A predecessor frozen inside a write would hold its fence, and its half-written chunk, for ever."""
        named = session_name(worker).rsplit("#", 1)[0] + "#"
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, %s) "
            "AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid() "
            "AND split_part(application_name, ' #', 2)::bigint < %s",
            [named, worker.token],
        )


def _key(text: str | None) -> KeyValue | None:
    return None if text is None else tuple(json.loads(text))
