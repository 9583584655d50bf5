"""Sessions in a snapshot file: a cold store, which nobody but Snakeweb's workers reads or writes while it is moved.

A change writes the whole file anew (PROTOCOL 5.2, class NONE: nothing could refuse a service that writes there).
"""

import contextlib
import os
import statistics
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import Held, Verdict, newest_of_each, refuse_unrepresentable, verdict
from migrations_app.stores.sessions.base import (
    WHOLE,
    Applied,
    FenceClass,
    Ids,
    Page,
    Partition,
    SessionStore,
    StoreProbe,
)
from migrations_app.stores.sessions.beam.rows import Unreadable
from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.paging import PageBudget, read_cursor, separator, take, write_cursor
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.scratch import require_own
from migrations_app.stores.sessions.snapshot.erlang_terms import ErlangTerms
from migrations_app.stores.sessions.snapshot.files import Snapshot, domain_errors, replacing, settle
from migrations_app.stores.sessions.snapshot.form import Form
from migrations_app.stores.sessions.snapshot.ndjson import LinesOfJson
from migrations_app.stores.sessions.snapshot.sidecar import Sidecar, held

FORMS: Mapping[str, type[Form]] = {form.name: form for form in (LinesOfJson, ErlangTerms)}


class SnapshotStore(SessionStore):
    fence_class: ClassVar[FenceClass] = FenceClass.NONE

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._codec = config.codec
        self._form = FORMS[config["format"]]
        self._path = os.path.realpath(config["path"])
        self._read_only = read_only
        self._snapshot: Snapshot | None = None
        self._budget = PageBudget()

    def close(self) -> None:
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.close()

    def _now(self) -> Snapshot:
        """The file as it is now. Raises FileNotFoundError."""
        if self._snapshot is not None and not self._snapshot.is_current():
            self.close()
        if self._snapshot is None:
            self._snapshot = Snapshot(self._path, self._form)
        return self._snapshot

    @contextmanager
    def _sidecar(self) -> Iterator[Sidecar]:
        if self._read_only:
            message = f"The snapshot file {self._path} is open read-only."
            raise ValidationFailed(message, problems=[Problem("config", message, "Open it for writing.", "read_only")])
        with domain_errors(self._path), held(self._path) as sidecar:
            yield sidecar

    def probe(self, *, counted: bool = True) -> StoreProbe:
        folder = os.path.dirname(self._path)
        with domain_errors(self._path):
            free, there, latencies = os.statvfs(folder), os.path.exists(self._path), []
            for _ in range(5):
                before = time.perf_counter()
                os.path.exists(self._path)
                latencies.append((time.perf_counter() - before) * 1000)
            state = os.stat(self._path) if there else None
            count = self.count() if there and counted else 0
            facts = self._snapshot.form.facts if self._snapshot is not None else {}
        writable = os.access(folder, os.W_OK) and (not there or os.access(self._path, os.W_OK))
        return StoreProbe(
            kind="snapshot",
            version=str(self._form.number),
            identity=f"snapshot:{state.st_dev}:{state.st_ino}" if state else f"snapshot:{self._path}",
            latency_ms=statistics.median(latencies),
            clock_skew_ms=0,
            layout=self._form.name,
            count=count,
            exists=there,
            writable=writable,
            capacity_bytes=free.f_bavail * free.f_frsize,
            used_bytes=state.st_size if state else 0,
            problems=() if writable else (f"{self._path} and its folder may not be written.",),
            details={"codec": str(self._codec), **facts},
        )

    def initialise(self, worker: WorkerToken) -> bool:
        with self._sidecar() as sidecar:
            sidecar.raise_to(worker)
            if not os.path.exists(self._path):
                sidecar.mark_created(worker)  # on the disk before the file is: a crash in between is repeated
        with self._sidecar() as sidecar:
            sidecar.check(worker)
            if not os.path.exists(self._path):
                with replacing(self._path) as stream:
                    stream.write(self._form.empty())
            return sidecar.created_by_run(worker)

    def drop_created(self, worker: WorkerToken) -> None:
        with self._sidecar() as sidecar:
            sidecar.check(worker)
            if not os.path.exists(self._path):
                sidecar.created = []
            elif sidecar.created and self.count() == 0:
                os.unlink(self._path)
                settle(self._path)
                self.close()
                sidecar.created = []

    def remove_scratch(self, worker: WorkerToken, tick: Callable[[], None]) -> None:
        require_own(self._config, worker)
        with self._sidecar() as sidecar:
            sidecar.raise_to(worker)
            self.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            settle(self._path)
            sidecar.fences, sidecar.created = {}, []

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with self._sidecar() as sidecar:
            sidecar.raise_to(worker)

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        with self._sidecar() as sidecar:
            sidecar.forget(run_scope_prefix)

    def withdraw(self, worker: WorkerToken, scopes: Sequence[str]) -> None:
        with self._sidecar() as sidecar:
            sidecar.check(worker)
            for scope in scopes:
                sidecar.fences.pop(scope, None)
                sidecar.forget(f"{scope}:")

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        with domain_errors(self._path):
            snapshot = self._now()
            rows = self._budget.rows(limit)
            size = rows * partition.of
            names = self._live(snapshot, cursor, size + 1)
            wanted, following = take(names, size, rows, partition.holds)
            records, unreadable = self._records(snapshot, wanted)
        self._budget.saw(records)
        begin = "" if following is None else separator(names[following - 1], names[following])
        return Page(records, write_cursor(**{"from": begin}), following is None, unreadable)

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        with domain_errors(self._path):
            snapshot = self._now()
            names = self._live(snapshot, cursor, limit + 1)
        if len(names) <= limit:
            return Ids(names, write_cursor(**{"from": ""}), True, snapshot.form.strange)
        return Ids(names[:limit], write_cursor(**{"from": separator(names[limit - 1], names[limit])}), False)

    def _live(self, snapshot: Snapshot, cursor: str, most: int) -> list[str]:
        start = read_cursor(cursor).get("from", "") if cursor else ""
        now, found = _now_ms(), list[str]()
        for place in range(bisect_left(snapshot.ids, start), len(snapshot.ids)):
            if len(found) == most:
                break
            if snapshot.entries[snapshot.ids[place]].lives(now):
                found.append(snapshot.ids[place])
        return found

    def _records(self, snapshot: Snapshot, ids: Sequence[str]) -> tuple[list[SessionRecord], list[tuple[str, str]]]:
        records, unreadable, now = list[SessionRecord](), list[tuple[str, str]](), _now_ms()
        for session_id in ids:
            entry = snapshot.entries.get(session_id)
            if entry is None or not entry.lives(now):
                continue
            try:
                record = snapshot.record(session_id)
            except Unreadable as why:
                unreadable.append((session_id, str(why)))
                continue
            if record.codec is Codec.OPAQUE and self._codec is not Codec.OPAQUE:
                record = replace(record, codec=self._codec)
            problem = problem_with(record.codec, record.value)
            if problem:
                unreadable.append((session_id, problem))
            else:
                records.append(record)
        return records, unreadable

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        with domain_errors(self._path):
            records, _ = self._records(self._now(), list(dict.fromkeys(ids)))
        found = {record.id: record for record in records}
        return [found.get(session_id) for session_id in ids]

    def missing(self, ids: Sequence[str]) -> list[str]:
        with domain_errors(self._path):
            entries, now = self._now().entries, _now_ms()
        return [name for name in ids if (entry := entries.get(name)) is None or not entry.lives(now)]

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        if version is not None:
            records = [replace(record, version=version) for record in records]
        unique = newest_of_each(records)
        refuse_unrepresentable(unique, self.why_unrepresentable)
        fresh, raised = list[SessionRecord](), list[SessionRecord]()
        with self._sidecar() as sidecar:
            sidecar.check(worker)
            snapshot, now = self._now(), _now_ms()
            for record in unique:
                entry = snapshot.entries.get(record.id)
                known = Held(entry.version, entry.expires_at_ms) if entry is not None and entry.lives(now) else None
                what = verdict(record, known, now)
                if what is Verdict.REPLACE:
                    fresh.append(record)
                elif what is Verdict.RAISE_DEADLINE:
                    raised.append(_raised(snapshot, record))
            if fresh or raised:
                new = [*fresh, *raised]
                snapshot.change({record.id for record in new} & snapshot.entries.keys(), new)
        return Applied(len(fresh), len(records) - len(fresh))

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        with self._sidecar() as sidecar:
            sidecar.check(worker)
            snapshot = self._now()
            gone = set(ids) & snapshot.entries.keys()
            if gone:
                snapshot.change(gone, ())
            return len(gone)

    def count(self) -> int:
        with domain_errors(self._path):
            entries, now = self._now().entries, _now_ms()
        return sum(entry.lives(now) for entry in entries.values())

    def why_unrepresentable(self, record: SessionRecord) -> str:
        return self._form.why_unrepresentable(record, self._codec)


def _raised(snapshot: Snapshot, record: SessionRecord) -> SessionRecord:
    """What the file holds, with the record's deadline; the record itself where that is not readable."""
    try:
        return replace(snapshot.record(record.id), expires_at_ms=record.expires_at_ms)
    except Unreadable:
        return record


def _now_ms() -> int:
    return int(time.time() * 1000)
