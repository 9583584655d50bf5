"""Fencing tokens in `snakeweb_fences`, checked in the transaction of every write (PROTOCOL 5.5)."""

from collections.abc import Sequence

from psycopg import errors
from psycopg.sql import SQL

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection, Cursor
from migrations_app.stores.sessions.applying import run_of, stale
from migrations_app.stores.sessions.postgres.table import Names

ATTEMPTS = 4


class Fences:
    """The fences beside one table. Not thread-safe, like its connection."""

    def __init__(self, connection: Connection, names: Names) -> None:
        self._connection = connection
        self._table = names.fences
        self._announced: WorkerToken | None = None
        self._check = SQL(
            "SELECT token, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM {} "
            "WHERE scope = %s FOR SHARE"
        ).format(self._table)

    def announce(self, worker: WorkerToken) -> None:
        """Name the session after the claim, so that its successor can end it when it hangs."""
        if self._announced != worker:
            self._connection.execute("SELECT set_config('application_name', %s, false)", [session_name(worker)])
            self._announced = worker

    def check(self, worker: WorkerToken) -> int:
        """Within a transaction: hold the fence until its end. Returns the server's clock in ms.

        Raises LeaseLost when a greater token is known, or none.
        """
        try:
            return self.judge(worker, self.ask(worker))
        except errors.UndefinedTable:
            raise stale(worker, None) from None

    def ask(self, worker: WorkerToken) -> Cursor:
        """`check` for a pipeline: what `judge` reads once it has been sent. Raises UndefinedTable there."""
        return self._connection.execute(self._check, [worker.scope], prepare=True)

    def judge(self, worker: WorkerToken, asked: Cursor) -> int:
        """Returns the server's clock in ms. Raises LeaseLost."""
        row = asked.fetchone()
        if row is None or row[0] > worker.token:
            raise stale(worker, None if row is None else row[0])
        return int(row[1])

    def exist(self) -> bool:
        row = self._connection.execute("SELECT to_regclass(%s)", [self._table.as_string(self._connection)]).fetchone()
        return bool(row and row[0])

    def create(self) -> None:
        if self.exist():
            return
        try:
            self._connection.execute(
                SQL("CREATE TABLE IF NOT EXISTS {} (scope text PRIMARY KEY, token bigint NOT NULL)").format(self._table)
            )
        except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
            return  # another worker created it at the same moment

    def raise_to(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known, Timeout when a predecessor will not let go of its fence."""
        statement = SQL(
            "INSERT INTO {table} AS f (scope, token) VALUES (%s, %s) ON CONFLICT (scope) DO UPDATE "
            "SET token = excluded.token WHERE f.token <= excluded.token RETURNING token"
        ).format(table=self._table)
        for _ in range(ATTEMPTS):
            self.create()
            self._end_predecessors(worker)
            try:
                if self._connection.execute(statement, [worker.scope, worker.token]).fetchone():
                    return
            except (errors.LockNotAvailable, errors.UndefinedTable):
                continue
            known = SQL("SELECT token FROM {} WHERE scope = %s").format(self._table)
            row = self._connection.execute(known, [worker.scope]).fetchone()
            raise stale(worker, row[0] if row else None)
        raise Timeout(
            f"The fence of {worker.scope} is held by an earlier worker that does not let go; nothing was changed."
        )

    def _end_predecessors(self, worker: WorkerToken) -> None:
        """A predecessor frozen inside a write would hold its fence, and its half-written batch, for ever."""
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s "
            "AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid() "
            "AND split_part(application_name, ' #', 2)::bigint < %s",
            [_pattern(worker), worker.token],
        )

    def mark_created(self, table: str, worker: WorkerToken) -> None:
        statement = SQL("INSERT INTO {} (scope, token) VALUES (%s, 0) ON CONFLICT DO NOTHING").format(self._table)
        self._connection.execute(statement, [f"created:{table}:{run_of(worker)}"])

    def created_by_run(self, table: str, worker: WorkerToken) -> bool:
        return self._any(f"created:{table}:{run_of(worker)}")

    def created_by_snakeweb(self, table: str) -> bool:
        return self._any(f"created:{table}:")

    def _any(self, prefix: str) -> bool:
        statement = SQL("SELECT FROM {} WHERE starts_with(scope, %s) LIMIT 1").format(self._table)
        return self._connection.execute(statement, [prefix]).fetchone() is not None

    def withdraw(self, side: str, scopes: Sequence[str]) -> bool:
        """Within a transaction: forget these runs. True when one of them created `side` and nobody else writes.

        Whoever comes meanwhile waits at the lock, and finds neither.
        """
        self._connection.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(self._table))
        forget = SQL("DELETE FROM {} WHERE scope = %s OR starts_with(scope, %s)").format(self._table)
        for scope in scopes:
            self._connection.execute(forget, [scope, f"{scope}:"])
        others = SQL(
            "SELECT FROM {} WHERE NOT starts_with(scope, 'run:') AND NOT starts_with(scope, 'created:') LIMIT 1"
        ).format(self._table)
        if self._connection.execute(others).fetchone() is not None:
            return False
        ours = SQL("DELETE FROM {} WHERE scope = ANY(%s)").format(self._table)
        return bool(self._connection.execute(ours, [[f"created:{side}:{scope}:" for scope in scopes]]).rowcount)

    def forget(self, prefix: str) -> None:
        """Delete the rows whose scope begins so, and the table with its last row."""
        if not self.exist():
            return
        try:
            with self._connection.transaction():
                self._connection.execute(
                    SQL("DELETE FROM {} WHERE starts_with(scope, %s)").format(self._table), [prefix]
                )
            with self._connection.transaction():
                self._connection.execute(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(self._table))
                if self._connection.execute(SQL("SELECT FROM {} LIMIT 1").format(self._table)).fetchone() is None:
                    self._connection.execute(SQL("DROP TABLE {}").format(self._table))
        except (errors.UndefinedTable, errors.InsufficientPrivilege, errors.LockNotAvailable):
            return  # gone already, or not ours to drop: an empty table harms nobody


def session_name(worker: WorkerToken) -> str:
    """At most 63 bytes, which is all that PostgreSQL keeps."""
    tail = f" #{worker.token}"
    return f"snakeweb {worker.scope}"[: 63 - len(tail)] + tail


def _pattern(worker: WorkerToken) -> str:
    named = session_name(worker).rsplit(" #", 1)[0]
    return named.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + " #%"
