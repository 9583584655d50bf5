"""Joining a table to a route and leaving it, the fences of buckets, and the mirrored route record."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import hashlib
from collections.abc import Callable, Sequence

from psycopg import errors

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.routed.postgres.functions import delete_function, touch_function, write_function
from migrations_app.stores.routed.postgres.names import FUNCTIONS, JOINING_LOCK, SEQUENCES, TABLES, TRIGGERS
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.routed.postgres.rights import grant_to_writers
from migrations_app.stores.routed.postgres.watching import bucket_function, mint_function, triggers, watch_function
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import quoted, raw

ATTEMPTS = 8
# A trigger waits for whoever writes to the table, and holds up all who come after: rather try again.
LOCK_MS = 400


class Joining:
    """Over one connection. Raises psycopg's errors, and LeaseLost with nothing changed."""

    def __init__(self, connection: Connection, parts: Parts, fences: Fences) -> None:
        self._connection = connection
        self._parts = parts
        self._names = parts.names
        self._fences = fences

    def join(self, worker: WorkerToken, route: str, fence: int, document: str, epoch: int) -> None:
        self._patiently(lambda: self._join(worker, route, fence, document, epoch))

    def _join(self, worker: WorkerToken, route: str, fence: int, document: str, epoch: int) -> None:
        names, execute = self._names, self._connection.execute
        with self._connection.transaction():
            self._begin(worker)
            for statement in [] if self.joined() else self._structures():
                execute(raw(statement))
            execute(
                raw(
                    f"INSERT INTO {names.buckets} (bucket, fence) "
                    f"SELECT n, %s FROM generate_series(0, {BUCKETS - 1}) n ON CONFLICT DO NOTHING"
                ),
                [fence],
            )
            if any(known < fence for known in self.fences()):
                self._raise(ALL_BUCKETS, fence)
            execute(
                raw(f"INSERT INTO {names.state} (route, document, epoch) VALUES (%s, '', -1) ON CONFLICT DO NOTHING"),
                [route],
            )
            self._mirror(document, epoch)
            execute(raw(f"INSERT INTO {self._fences_table} VALUES (%s, 0) ON CONFLICT DO NOTHING"), [names.scope])
            self._define()
            grant_to_writers(self._connection, self._parts)

    def _begin(self, worker: WorkerToken) -> None:
        """Whoever joins or leaves is alone with that."""
        self._connection.execute(raw(f"SET LOCAL lock_timeout = {LOCK_MS}"))
        self._fences.check(worker)
        self._connection.execute(raw(f"SELECT pg_advisory_xact_lock({self._names.lock}, {JOINING_LOCK})"))

    @property
    def _fences_table(self) -> str:
        return self._parts.layout.names.fences.as_string(self._connection)

    def _structures(self) -> list[str]:
        """Rows of the route are updated in place where there is room. The buckets' pages are kept almost empty, so
        that the planner takes the index and a fence is found by one look."""
        names, key = self._names, f"text COLLATE {self._parts.layout.collation} PRIMARY KEY"
        return [
            f"CREATE TABLE {names.route} (key {key}, bucket smallint NOT NULL, epoch bigint NOT NULL, "
            "seq bigint NOT NULL, dead_at bigint, dirty_at bigint) WITH (fillfactor = 80)",
            f"CREATE INDEX {quoted(f'{names.table}__dirty')} ON {names.route} (dirty_at, bucket) "
            "WHERE dirty_at IS NOT NULL",
            f"CREATE INDEX {quoted(f'{names.table}__dead')} ON {names.route} (dead_at) WHERE dead_at IS NOT NULL",
            f"CREATE TABLE {names.buckets} (bucket integer PRIMARY KEY, fence bigint NOT NULL, "
            "floor bigint NOT NULL DEFAULT 0) WITH (fillfactor = 10)",
            f"CREATE TABLE {names.state} (one boolean PRIMARY KEY DEFAULT true CHECK (one), "
            "route text NOT NULL, document text NOT NULL, epoch bigint NOT NULL, definition text)",
            *(f"CREATE SEQUENCE {names.of(suffix)}" for suffix in SEQUENCES),
        ]

    def _define(self) -> None:
        """Functions and triggers, unless just these are there: a repeat must not hold up the table's writers."""
        parts, execute, state = self._parts, self._connection.execute, self._names.state
        statements = [
            bucket_function(parts, self._connection.info.server_version),
            mint_function(parts),
            watch_function(parts),
            write_function(parts),
            touch_function(parts),
            delete_function(parts),
        ]
        wanted = triggers(parts)
        definition = hashlib.sha256("\n".join([*statements, *wanted.values()]).encode()).hexdigest()
        if execute(raw(f"SELECT FROM {state} WHERE definition = %s"), [definition]).fetchone() is not None:
            return
        self._drop_functions()
        for statement in statements:
            execute(raw(statement))
        for statement in wanted.values():
            execute(raw(statement))
        execute(raw(f"UPDATE {state} SET definition = %s"), [definition])

    def _drop_functions(self) -> None:
        found = self._connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = %s AND p.proname = ANY(%s)",
            [self._names.schema, [f"{self._names.table}__{suffix}" for suffix in FUNCTIONS]],
        ).fetchall()
        for trigger in TRIGGERS:
            if self._has_trigger(trigger):
                self._connection.execute(raw(f"DROP TRIGGER {trigger} ON {self._names.main}"))
        for (function,) in found:
            self._connection.execute(raw(f"DROP FUNCTION {function}"))

    def _has_trigger(self, name: str) -> bool:
        statement = "SELECT FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgname = %s"
        return self._connection.execute(statement, [self._names.main, name]).fetchone() is not None

    def leave(self, worker: WorkerToken) -> None:
        self._patiently(lambda: self._leave(worker))

    def _leave(self, worker: WorkerToken) -> None:
        names, execute = self._names, self._connection.execute
        with self._connection.transaction():
            self._begin(worker)
            self._drop_functions()
            for suffix in TABLES:
                execute(raw(f"DROP TABLE IF EXISTS {names.of(suffix)}"))
            for suffix in SEQUENCES:
                execute(raw(f"DROP SEQUENCE IF EXISTS {names.of(suffix)}"))
            execute(raw(f"DELETE FROM {self._fences_table} WHERE scope = %s"), [names.scope])

    def _patiently(self, change: Callable[[], None]) -> None:
        """Tables of one schema share the fences: who grants on them at the same moment gets an internal error."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return change()
            except (errors.LockNotAvailable, errors.DeadlockDetected, errors.InternalError_):
                if attempt == ATTEMPTS:
                    raise
        return None

    def joined(self) -> bool:
        row = self._connection.execute("SELECT to_regclass(%s)", [self._names.state]).fetchone()
        return bool(row and row[0])

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, within_ms: int) -> None:
        """The time limit is of the statement that takes every lock, so that many short waits do not add up."""
        try:
            with self._connection.transaction():
                self._connection.execute(raw(f"SET LOCAL statement_timeout = {max(1, within_ms)}"))
                self._fences.check(worker)
                self._raise(buckets, epoch)
        except (errors.LockNotAvailable, errors.QueryCanceled):
            raise Timeout(f"Writes under way did not end within {within_ms} ms; no fence was raised.") from None

    def _raise(self, buckets: Sequence[int], epoch: int) -> None:
        numbers = sorted(set(buckets))
        self._connection.execute(
            raw(f"SELECT pg_advisory_xact_lock({self._names.lock}, n) FROM unnest(%s::int[]) n"), [numbers]
        )
        self._connection.execute(
            raw(f"UPDATE {self._names.buckets} SET fence = %s WHERE bucket = ANY(%s) AND fence < %s"),
            [epoch, numbers, epoch],
        )

    def fences(self) -> list[int]:
        """Raises UndefinedTable without a route."""
        statement = raw(f"SELECT fence FROM {self._names.buckets} ORDER BY bucket")
        return [row[0] for row in self._connection.execute(statement)]

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        with self._connection.transaction():
            self._fences.check(worker)
            self._mirror(document, epoch)

    def _mirror(self, document: str, epoch: int) -> None:
        statement = raw(f"UPDATE {self._names.state} SET document = %s, epoch = %s WHERE epoch < %s")
        self._connection.execute(statement, [document, epoch, epoch])

    def mirrored(self) -> str:
        row = self._connection.execute(raw(f"SELECT document FROM {self._names.state}")).fetchone()
        return str(row[0]) if row else ""
