"""Sessions in a table of PostgreSQL: Snakeweb's own, or somebody else's through a column mapping."""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import errors
from psycopg.sql import SQL

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection, check_version
from migrations_app.stores.sessions.applying import newest_of_each, refuse_unrepresentable
from migrations_app.stores.sessions.base import WHOLE, Applied, Ids, Page, Partition, SessionStore, StoreProbe
from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.paging import PageBudget, read_cursor, take, write_cursor
from migrations_app.stores.sessions.postgres import scratch
from migrations_app.stores.sessions.postgres.columns import why_unfit
from migrations_app.stores.sessions.postgres.connection import connect, domain_errors
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.standing import standing
from migrations_app.stores.sessions.postgres.table import (
    Names,
    TableLayout,
    create_own_table,
    inspect,
    own_columns,
    quoted,
    raw,
)
from migrations_app.stores.sessions.postgres.writing import Writer
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.scratch import require_own

KNOWN_CODECS = {str(codec): codec for codec in Codec}


class PostgresStore(SessionStore):
    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._secrets = dict(secrets)
        self._read_only = read_only
        self._names = Names.of(config)
        self._connection: Connection | None = None
        self._known_layout: TableLayout | None = None
        self._known_fit: Callable[[SessionRecord], str] | None = None
        self._known_writer: Writer | None = None
        self._fences: Fences | None = None
        self._budget = PageBudget()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._known_layout = self._known_writer = self._known_fit = self._fences = None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        if self._connection is None or self._connection.broken or self._connection.closed:
            self.close()
            self._connection = connect(self._config, self._secrets, read_only=self._read_only)
            check_version(self._connection.info.server_version)
            self._fences = Fences(self._connection, self._names)
        return self._connection

    def _open_fences(self) -> Fences:
        self._open()
        assert self._fences is not None  # noqa: S101 - set with the connection
        return self._fences

    def _find_layout(self) -> TableLayout | None:
        connection = self._open()
        if self._known_layout is None:
            self._known_layout = inspect(connection, self._config, self._names)
        return self._known_layout

    def _layout(self) -> TableLayout:
        layout = self._find_layout()
        if layout is None:
            raise self._no_table()
        return layout

    def _no_table(self) -> ValidationFailed:
        message = f"There is no table “{self._names.plain}” in database “{self._config['database']}”."
        fix = "Correct the table's name, or create the table."
        return ValidationFailed(message, problems=[Problem("config.table", message, fix, "missing_table")])

    def _writer(self) -> Writer:
        layout = self._layout()
        if self._known_writer is None:
            self._known_writer = Writer(self._open(), layout, self._open_fences())
        return self._known_writer

    # What `stores.routed` needs of the same place. Call within `domain_errors`.

    def connection(self) -> Connection:
        return self._open()

    def layout(self) -> TableLayout:
        """Raises ValidationFailed when there is no such table."""
        return self._layout()

    def forget_layout(self) -> None:
        """Look at the table again before the next call."""
        self._known_layout = self._known_writer = self._known_fit = None

    def fences(self) -> Fences:
        return self._open_fences()

    def prepare_side(self, worker: WorkerToken) -> None:
        """Make the side table where the layout needs one. Raises LeaseLost."""
        self._prepare_side(worker)

    def probe(self, *, counted: bool = True) -> StoreProbe:
        with domain_errors(self._config):
            connection = self._open()
            latencies = []
            for _ in range(5):
                before = time.perf_counter()
                connection.execute("SELECT 1")
                latencies.append((time.perf_counter() - before) * 1000)
            clock = connection.execute("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone()
            skew = int(clock[0]) - int(time.time() * 1000) if clock else 0
            self._known_layout = self._known_fit = None
            layout = self._find_layout()
            problems = tuple(self._permission_problems(connection, layout))
            used = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            return StoreProbe(
                kind="postgres",
                version=str(connection.info.parameter_status("server_version")).split(" ")[0],
                identity=self._identity(connection),
                latency_ms=statistics.median(latencies),
                clock_skew_ms=skew,
                layout=layout.kind if layout else str(self._config["value_type"]),
                count=self._count(connection, layout) if layout and counted else 0,
                exists=layout is not None,
                writable=not problems,
                used_bytes=int(used[0]) if used else None,
                problems=problems,
                details={"codec": str(self._config.codec), "side_table": str(bool(layout and layout.side)).lower()},
                standing=standing(connection, self._names.plain),
            )

    def _identity(self, connection: Connection) -> str:
        database = self._config["database"]
        try:
            row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        except errors.InsufficientPrivilege:
            return f"postgresql://{self._config['host']}:{self._config['port']}/{database}"
        return f"postgresql:{row[0] if row else 0}/{database}"

    def _permission_problems(self, connection: Connection, layout: TableLayout | None) -> list[str]:
        state = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        if state and state[0]:
            return ["It is a read-only replica; name the primary to write to."]
        if layout is None:
            if self._config.columns:
                return [f"There is no table “{self._names.plain}”."]
            schema = self._names.plain.rpartition(".")[0]
            row = connection.execute(
                "SELECT has_schema_privilege(coalesce(nullif(%s, ''), current_schema()), 'CREATE')", [schema]
            ).fetchone()
            return [] if row and row[0] else ["The user may not create a table in the schema."]
        name = self._names.table.as_string(connection)
        lacking = [
            right
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
            if not _truth(connection.execute("SELECT has_table_privilege(%s, %s)", [name, right]).fetchone())
        ]
        return [f"The user may not {right} on “{self._names.plain}”." for right in lacking]

    def initialise(self, worker: WorkerToken) -> bool:
        with domain_errors(self._config):
            connection, fences = self._open(), self._open_fences()
            self._known_layout = self._known_writer = self._known_fit = None
            fences.raise_to(worker)
            if self._find_layout() is None:
                if self._config.columns:
                    raise self._no_table()
                with connection.transaction():
                    fences.check(worker)
                    fences.mark_created(self._names.plain, worker)
                    connection.execute(create_own_table(self._names, self._config["value_type"]))
            self._prepare_side(worker)
            return fences.created_by_run(self._names.plain, worker)

    def initialise_like(self, original: StoreConfig, worker: WorkerToken) -> None:
        if original.columns:
            with domain_errors(self._config):
                self.fences().raise_to(worker)
                scratch.create_like(self.connection(), self.fences(), self._names, Names.of(original), worker)
        self.initialise(worker)

    def remove_scratch(self, worker: WorkerToken, tick: Callable[[], None]) -> None:
        require_own(self._config, worker)
        with domain_errors(self._config):
            if not self.fences().exist():
                return  # they come before everything else
            self.fences().raise_to(worker)
            scratch.drop(self.connection(), self.fences(), self._names, self._side_name, worker)
        self.withdraw(worker, [worker.scope])

    def _prepare_side(self, worker: WorkerToken) -> None:
        layout = self._find_layout()
        if layout is None or not layout.side or layout.has_side:
            return
        try:
            with self._open().transaction():
                self._open_fences().check(worker)
                self._open_fences().mark_created(self._side_name, worker)
                self._open().execute(layout.create_statement())
        except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
            pass  # another worker created it at the same moment
        self._known_layout = self._known_writer = self._known_fit = None

    def drop_created(self, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            connection, fences = self._open(), self._open_fences()
            layout = self._find_layout()
            with connection.transaction():
                fences.check(worker)
                connection.execute(SQL("DROP TABLE IF EXISTS {}").format(self._names.side))
                if layout is not None and fences.created_by_snakeweb(self._names.plain):
                    connection.execute(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(self._names.table))
                    layout.has_side = False
                    if self._count(connection, layout) == 0:
                        connection.execute(SQL("DROP TABLE {}").format(self._names.table))
                        layout = None
            self._known_layout = self._known_writer = self._known_fit = None
            fences.forget(f"created:{self._side_name}:")
            if layout is None:
                fences.forget(f"created:{self._names.plain}:")

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            self._open_fences().raise_to(worker)
            self._prepare_side(worker)

    @property
    def _side_name(self) -> str:
        return f"{self._names.plain}__snakeweb"

    def withdraw(self, worker: WorkerToken, scopes: Sequence[str]) -> None:
        with domain_errors(self._config):
            connection, fences = self._open(), self._open_fences()
            with connection.transaction():
                fences.check(worker)
                if fences.withdraw(self._side_name, scopes):
                    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(self._names.side))
            self._known_layout = self._known_writer = self._known_fit = None
            for scope in scopes:
                fences.forget(f"{scope}:")  # the table of the fences goes with its last row

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        with domain_errors(self._config):
            self._open_fences().forget(run_scope_prefix)

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        with domain_errors(self._config):
            connection, layout = self._open(), self._layout()
            rows = self._budget.rows(limit)
            start = read_cursor(cursor).get("from", "") if cursor else ""
            size = rows * partition.of
            key = layout.reference("key")
            tail = f"ORDER BY {key} LIMIT {size + 1}"
            where = f"{key} >= %s" if start else "true"
            arguments = [start] if start else []
            if partition.of == 1:
                found = connection.execute(layout.select(where, tail), arguments, binary=True).fetchall()
                names = [row[0] for row in found]
                found, following = found[:rows], rows if len(names) > rows else None
            else:
                names = [row[0] for row in connection.execute(layout.select_keys(where, tail), arguments).fetchall()]
                wanted, following = take(names, size, rows, partition.holds)
                found = self._select_ids(wanted)
            records, unreadable = self._records(found)
            self._budget.saw(records)
            if following is None:
                return Page(records, write_cursor(**{"from": ""}), True, unreadable)
            begin = self._separator(connection, layout, names[following - 1], names[following])
            return Page(records, write_cursor(**{"from": begin}), False, unreadable)

    def _separator(self, connection: Connection, layout: TableLayout, before: str, after: str) -> str:
        """The shortest beginning of `after` that sorts behind `before`: a cursor must not hold a whole session id.

        Asked of the server, because only it knows the column's collation.
        """
        collation = layout.collation
        statement = SQL(
            "SELECT min(n) FROM generate_series(1, length(%s)) n "
            "WHERE left(%s, n) COLLATE {c} > %s AND left(%s, n) COLLATE {c} <= %s"
        ).format(c=raw(collation))
        row = connection.execute(statement, [after, after, before, after, after], prepare=True).fetchone()
        return after[: row[0]] if row and row[0] else after

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        with domain_errors(self._config):
            records, _ = self._records(self._select_ids([name for name in ids if "\0" not in name]))
        found = {record.id: record for record in records}
        return [found.get(session_id) for session_id in ids]

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        with domain_errors(self._config):
            connection, layout = self._open(), self._layout()
            start = read_cursor(cursor).get("from", "") if cursor else ""
            key = layout.reference("key")
            statement = layout.select_keys(f"{key} >= %s" if start else "true", f"ORDER BY {key} LIMIT {limit + 1}")
            names = [row[0] for row in connection.execute(statement, [start] if start else []).fetchall()]
            if len(names) <= limit:
                return Ids(names, write_cursor(**{"from": ""}), True)
            begin = self._separator(connection, layout, names[limit - 1], names[limit])
            return Ids(names[:limit], write_cursor(**{"from": begin}), False)

    def missing(self, ids: Sequence[str]) -> list[str]:
        names = [name for name in ids if "\0" not in name]
        with domain_errors(self._config):
            connection, layout = self._open(), self._layout()
            statement = layout.select_keys(f"{layout.reference('key')} = ANY(%s)")
            there = {row[0] for row in connection.execute(statement, [names]).fetchall()} if names else set()
        return [name for name in ids if name not in there]

    def _select_ids(self, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        connection, layout = self._open(), self._layout()
        if not ids:
            return []
        where = f"{layout.reference('key')} = ANY(%s)"
        return connection.execute(layout.select(where), [list(ids)], binary=True).fetchall()

    def _records(self, rows: Sequence[tuple[Any, ...]]) -> tuple[list[SessionRecord], list[tuple[str, str]]]:
        records: list[SessionRecord] = []
        unreadable: list[tuple[str, str]] = []
        mapped = self._config.codec
        for key, value, codec, created, accessed, ttl, expires, extra, epoch, seq in rows:
            if value is None:
                unreadable.append((key, "the value is NULL"))
                continue
            known = KNOWN_CODECS.get(codec, mapped) if codec else mapped
            if codec and codec not in KNOWN_CODECS:
                unreadable.append((key, "its codec is not known here"))
                continue
            if known is not Codec.OPAQUE and (problem := problem_with(known, value)):
                unreadable.append((key, problem))
                continue
            try:
                more = json.loads(extra) if extra else {}
            except ValueError:
                unreadable.append((key, "its extra data is not JSON"))
                continue
            version = Version(epoch or 0, seq or 0)
            records.append(SessionRecord(key, value, known, created, accessed, ttl, expires, more, version))
        return records, unreadable

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        unique = newest_of_each(records, version)
        with domain_errors(self._config):
            writer = self._writer()
            refuse_unrepresentable(unique, writer.why_unfit)
            applied = writer.apply(unique, worker, version)
        return Applied(applied.written, len(records) - applied.written)

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        with domain_errors(self._config):
            connection, layout, fences = self._open(), self._layout(), self._open_fences()
            names = [name for name in ids if "\0" not in name]
            fences.announce(worker)
            with connection.transaction():
                fences.check(worker)
                statement = SQL("DELETE FROM {} WHERE {} = ANY(%s)")
                key = raw(quoted(layout.main["key"].name))
                gone = connection.execute(statement.format(self._names.table, key), [names]).rowcount
                if layout.side and layout.has_side:
                    connection.execute(statement.format(self._names.side, SQL("key")), [names])
            return gone

    def count(self) -> int:
        with domain_errors(self._config):
            return self._count(self._open(), self._layout())

    def _count(self, connection: Connection, layout: TableLayout) -> int:
        in_side = "expires_at" in layout.side
        source = layout.source() if in_side else SQL("{} t").format(self._names.table)
        row = connection.execute(SQL("SELECT count(*) FROM {} WHERE {}").format(source, raw(layout.live()))).fetchone()
        return int(row[0]) if row else 0

    def why_unrepresentable(self, record: SessionRecord) -> str:
        if self._known_fit is None:
            with domain_errors(self._config):
                layout = self._find_layout()
            self._known_fit = why_unfit(layout.main if layout else own_columns(self._config["value_type"]))
        return self._known_fit(record)


def _truth(row: tuple[Any, ...] | None) -> bool:
    return bool(row and row[0])
