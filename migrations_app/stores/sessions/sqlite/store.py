"""Sessions in a table of a SQLite file: Snakeweb's own, or somebody else's through a column mapping."""

import os
import sqlite3
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.sqlite import transaction
from migrations_app.stores.sessions.applying import (
    Held,
    Verdict,
    newest_of_each,
    refuse_unrepresentable,
    verdict,
)
from migrations_app.stores.sessions.base import WHOLE, Applied, Ids, Page, Partition, SessionStore, StoreProbe
from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.paging import PageBudget, read_cursor, separator, take, write_cursor
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.scratch import require_own
from migrations_app.stores.sessions.sqlite import scratch
from migrations_app.stores.sessions.sqlite.connection import connect, domain_errors
from migrations_app.stores.sessions.sqlite.fences import Fences
from migrations_app.stores.sessions.sqlite.table import (
    TableLayout,
    create_own_table,
    inspect,
    own_columns,
    quoted,
    row,
    why_unfit,
)

CHUNK = 500


class SQLiteStore(SessionStore):
    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._known_layout: TableLayout | None = None
        self._budget = PageBudget()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._known_layout = None
        if connection is not None:
            connection.close()

    def _open(self, *, create: bool = False) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._config, read_only=self._read_only, create=create)
        return self._connection

    def connection(self) -> sqlite3.Connection:
        """The store under a route works on the same one."""
        return self._open()

    def layout_now(self, worker: WorkerToken | None = None) -> TableLayout:
        """The table as it is now; within a transaction of `worker`, with its side table. Raises ValidationFailed."""
        self._known_layout = None
        if worker is not None:
            self._prepare_side(worker)
        return self._layout()

    def _find_layout(self) -> TableLayout | None:
        if self._known_layout is None:
            self._known_layout = inspect(self._open(), self._config)
        return self._known_layout

    def _layout(self) -> TableLayout:
        layout = self._find_layout()
        if layout is None:
            raise self._no_table()
        return layout

    def _no_table(self) -> ValidationFailed:
        message = f"There is no table “{self._config['table']}” in {self._config['path']}."
        fix = "Correct the table's name, or create the table."
        return ValidationFailed(message, problems=[Problem("config.table", message, fix, "missing_table")])

    def probe(self, *, counted: bool = True) -> StoreProbe:
        path = os.path.realpath(self._config["path"])
        with domain_errors(self._config):
            there = os.path.exists(path)
            folder = os.path.dirname(path)
            if not there and not os.path.isdir(folder):
                message = f"There is no folder {folder} for the SQLite file."
                raise ValidationFailed(
                    message, problems=[Problem("config.path", message, "Correct the path.", "missing")]
                )
            layout, latencies = None, [0.0]
            if there:
                connection, latencies = self._open(), []
                self._known_layout = None
                for _ in range(5):
                    before = time.perf_counter()
                    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                    latencies.append((time.perf_counter() - before) * 1000)
                layout = self._find_layout()
            state = os.stat(path) if there else None
            free = os.statvfs(folder)
            writable = os.access(path if there else folder, os.W_OK)
            lacking = layout is None and bool(self._config.columns)
            return StoreProbe(
                kind="sqlite",
                version=sqlite3.sqlite_version,
                identity=f"sqlite:{state.st_dev}:{state.st_ino}" if state else f"sqlite:{path}",
                latency_ms=statistics.median(latencies),
                clock_skew_ms=0,
                layout=str(self._config["value_type"]),
                count=self._count(layout) if layout and counted else 0,
                exists=layout is not None,
                writable=writable and not lacking,
                capacity_bytes=free.f_bavail * free.f_frsize,
                used_bytes=state.st_size if state else 0,
                problems=(() if writable else (f"{path} may not be written.",))
                + ((f"There is no table “{self._config['table']}”.",) if lacking else ()),
                details={"codec": str(self._config.codec)},
            )

    def initialise(self, worker: WorkerToken) -> bool:
        with domain_errors(self._config):
            connection = self._open(create=True)
            self._known_layout = None
            table = self._config["table"]
            fences = Fences(connection)
            with transaction(connection):
                fences.raise_to(worker)
                if self._find_layout() is None:
                    if self._config.columns:
                        raise self._no_table()
                    connection.execute(create_own_table(table, self._config["value_type"]))
                    fences.mark_created(table, worker)
                self._prepare_side(worker)
                return fences.created_by_run(table, worker)

    def initialise_like(self, original: StoreConfig, worker: WorkerToken) -> None:
        if original.columns:
            with domain_errors(self._config):
                connection = self._open(create=True)
                with transaction(connection):
                    Fences(connection).raise_to(worker)
                    if self._find_layout() is None:
                        scratch.create_like(connection, original)
        self.initialise(worker)

    def remove_scratch(self, worker: WorkerToken, tick: Callable[[], None]) -> None:
        require_own(self._config, worker)
        if os.path.exists(self._config["path"]):
            self.raise_worker_fence(worker)
        self.close()
        scratch.remove(self._config["path"])

    def _prepare_side(self, worker: WorkerToken) -> None:
        """Within a transaction. Whoever raises a fence is going to write, and needs room for what has no column."""
        self._known_layout = None
        layout = self._find_layout()
        if layout is not None and layout.side and not layout.has_side:
            Fences(self._open()).mark_created(f"{self._config['table']}__snakeweb", worker)
            self._open().execute(layout.create_side())
            layout.has_side = True

    def drop_created(self, worker: WorkerToken) -> None:
        if self._is_missing:
            return
        with domain_errors(self._config):
            connection, layout = self._open(), self._find_layout()
            table = self._config["table"]
            fences = Fences(connection)
            with transaction(connection):
                fences.check(worker)
                connection.execute(f"DROP TABLE IF EXISTS {quoted(table + '__snakeweb')}")
                fences.forget(f"created:{table}__snakeweb:")
                if layout is not None:
                    layout.has_side = False
                    if fences.created_by_snakeweb(table) and self._count(layout) == 0:
                        connection.execute(f"DROP TABLE {layout.table}")
                        fences.forget(f"created:{table}:")
            self._known_layout = None

    @property
    def _is_missing(self) -> bool:
        """Whether there is no file: what was to make it failed, or did not come to it."""
        return not os.path.exists(self._config["path"])

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        if self._is_missing:  # nobody writes into a file that is not there
            return
        with domain_errors(self._config):
            connection = self._open()
            with transaction(connection):
                Fences(connection).raise_to(worker)
                self._prepare_side(worker)

    def withdraw(self, worker: WorkerToken, scopes: Sequence[str]) -> None:
        with domain_errors(self._config):
            connection = self._open()
            fences, side = Fences(connection), f"{self._config['table']}__snakeweb"
            with transaction(connection):
                fences.check(worker)
                if fences.withdraw(side, scopes):
                    connection.execute(f"DROP TABLE IF EXISTS {quoted(side)}")
                for scope in scopes:
                    fences.forget(f"{scope}:")  # the table of the fences goes with its last row
            self._known_layout = None

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        if self._is_missing:
            return
        with domain_errors(self._config):
            connection = self._open()
            with transaction(connection):
                Fences(connection).forget(run_scope_prefix)

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        with domain_errors(self._config):
            layout = self._layout()
            rows = self._budget.rows(limit)
            start = read_cursor(cursor).get("from", "") if cursor else ""
            key = layout.reference("key")
            where = f"{key} >= :start" if start else "1"
            size = rows * partition.of
            names = self._keys(where, {"start": start}, f"LIMIT {size + 1}")
            wanted, following = take(names, size, rows, partition.holds)
            records, unreadable = self._records(self._select(wanted))
            self._budget.saw(records)
            begin = "" if following is None else separator(names[following - 1], names[following])
            return Page(records, write_cursor(**{"from": begin}), following is None, unreadable)

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        with domain_errors(self._config):
            layout = self._layout()
            start = read_cursor(cursor).get("from", "") if cursor else ""
            key = layout.reference("key")
            names = self._keys(f"{key} >= :start" if start else "1", {"start": start}, f"LIMIT {limit + 1}")
            if len(names) <= limit:
                return Ids(names, write_cursor(**{"from": ""}), True)
            begin = separator(names[limit - 1], names[limit])
            return Ids(names[:limit], write_cursor(**{"from": begin}), False)

    def missing(self, ids: Sequence[str]) -> list[str]:
        there: set[str] = set()
        with domain_errors(self._config):
            key = self._layout().reference("key")
            for start in range(0, len(ids), CHUNK):
                bound = {f"k{number}": name for number, name in enumerate(ids[start : start + CHUNK])}
                marks = ", ".join(f":{name}" for name in bound)
                there.update(self._keys(f"{key} IN ({marks})", bound))
        return [name for name in ids if name not in there]

    def _keys(self, where: str, bound: Mapping[str, Any], tail: str = "") -> list[str]:
        """Of live records, in their order."""
        layout = self._layout()
        key = layout.reference("key")
        listing = f"SELECT {key} FROM {layout.source()} WHERE {layout.live()} AND {where} ORDER BY {key} {tail}"  # noqa: S608
        found = self._open().execute(listing, {**bound, "now": layout.now(_now_ms())})
        return [str(row[0]) for row in found]

    def _select(self, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        connection, layout = self._open(), self._layout()
        found: list[tuple[Any, ...]] = []
        now = layout.now(_now_ms())
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            marks = ", ".join(f":k{number}" for number in range(len(chunk)))
            bound = {f"k{number}": name for number, name in enumerate(chunk)} | {"now": now}
            found += connection.execute(layout.select(f"{layout.reference('key')} IN ({marks})"), bound).fetchall()
        return found

    def _records(self, rows: Sequence[tuple[Any, ...]]) -> tuple[list[SessionRecord], list[tuple[str, str]]]:
        layout = self._layout()
        columns = [layout.column(part) for part in row_parts()]
        records: list[SessionRecord] = []
        unreadable: list[tuple[str, str]] = []
        for found in rows:
            key = str(found[0])
            try:
                _, value, codec, created, accessed, ttl, expires, extra, epoch, seq = (
                    column.load(content) for column, content in zip(columns, found, strict=True)
                )
                known = Codec(codec) if codec else self._config.codec
            except (ValueError, TypeError, AttributeError):
                unreadable.append((key, "a column holds what its unit does not allow"))
                continue
            problem = "the value is NULL" if value is None else problem_with(known, value)
            if problem:
                unreadable.append((key, problem))
                continue
            version = Version(epoch or 0, seq or 0)
            records.append(SessionRecord(key, value, known, created, accessed, ttl, expires, extra or {}, version))
        return records, unreadable

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        with domain_errors(self._config):
            records, _ = self._records(self._select(ids))
        found = {record.id: record for record in records}
        return [found.get(session_id) for session_id in ids]

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        if version is not None:
            records = [replace(record, version=version) for record in records]
        unique = newest_of_each(records)
        with domain_errors(self._config):
            connection, layout = self._open(), self._layout()
            refuse_unrepresentable(unique, lambda record: why_unfit(record, layout.main))
            with transaction(connection):
                Fences(connection).check(worker)
                now = _now_ms()
                held = self._held([record.id for record in unique])
                verdicts = [(record, verdict(record, held.get(record.id), now)) for record in unique]
                replaced = [record for record, what in verdicts if what is Verdict.REPLACE]
                connection.executemany(
                    layout.upsert(layout.main, layout.table), [row(r, layout.main) for r in replaced]
                )
                if layout.side:
                    rows = [row(record, layout.side) for record in replaced]
                    connection.executemany(layout.upsert(layout.side, layout.side_table), rows)
                self._raise_deadlines([record for record, what in verdicts if what is Verdict.RAISE_DEADLINE])
        return Applied(len(replaced), len(records) - len(replaced))

    def _held(self, ids: Sequence[str]) -> dict[str, Held]:
        records, _ = self._records(self._select(ids))
        return {record.id: Held(record.version, record.expires_at_ms) for record in records}

    def _raise_deadlines(self, records: Sequence[SessionRecord]) -> None:
        layout = self._layout()
        column = layout.column("expires_at")
        in_main = "expires_at" in layout.main
        table, key = (layout.table, layout.main["key"].name) if in_main else (layout.side_table, "key")
        self._open().executemany(
            f"UPDATE {table} SET {quoted(column.name)} = ? WHERE {quoted(key)} = ?",  # noqa: S608 - quoted names
            [(column.store(record.expires_at_ms), record.id) for record in records],
        )

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        with domain_errors(self._config):
            connection, layout = self._open(), self._layout()
            key = quoted(layout.main["key"].name)
            names = [(name,) for name in ids]
            with transaction(connection):
                Fences(connection).check(worker)
                gone = connection.executemany(f"DELETE FROM {layout.table} WHERE {key} = ?", names).rowcount  # noqa: S608
                if layout.side and layout.has_side:
                    connection.executemany(f"DELETE FROM {layout.side_table} WHERE key = ?", names)  # noqa: S608
            return max(gone, 0)

    def count(self) -> int:
        with domain_errors(self._config):
            return self._count(self._layout())

    def _count(self, layout: TableLayout) -> int:
        statement = f"SELECT count(*) FROM {layout.source()} WHERE {layout.live()}"  # noqa: S608 - quoted names
        found = self._open().execute(statement, {"now": layout.now(_now_ms())}).fetchone()
        return int(found[0])

    def why_unrepresentable(self, record: SessionRecord) -> str:
        with domain_errors(self._config):
            layout = self._find_layout() if os.path.exists(self._config["path"]) else None
        return why_unfit(record, layout.main if layout else own_columns(self._config["value_type"]))


def row_parts() -> Sequence[str]:
    return tuple(own_columns("blob"))


def _now_ms() -> int:
    return int(time.time() * 1000)
