"""A session store in memory: the plain side of a `MemoryPlace` (routed_memory.py)."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import Held as Known
from migrations_app.stores.sessions.applying import Verdict, later, newest_of_each, stale, verdict
from migrations_app.stores.sessions.base import WHOLE, Applied, Ids, Page, Partition, SessionStore, StoreProbe
from migrations_app.stores.sessions.records import SessionRecord, Version

START_MS = 1_772_442_000_000


@dataclass
class Watched:
    """What a route knows of one session. `dead_at_ms`: a tombstone since then; `dirty_at_ms`: marked since then."""

    version: Version
    dead_at_ms: int | None = None
    dirty_at_ms: int | None = None


@dataclass
class BucketState:
    fence: int
    epoch: int = 0
    seq: int = 0


@dataclass
class RouteState:
    document: str
    epoch: int
    buckets: list[BucketState]
    watched: dict[str, Watched] = field(default_factory=dict)
    legacy: int = 0


@dataclass
class MemoryPlace:
    """Where sessions lie; any number of stores open it. Its clock stands still until it is moved."""

    now_ms: int = START_MS
    rows: dict[str, SessionRecord] = field(default_factory=dict)
    worker_fences: dict[str, int] = field(default_factory=dict)
    route: RouteState | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def advance(self, ms: int) -> None:
        self.now_ms += ms

    def live(self, session_id: str) -> SessionRecord | None:
        record = self.rows.get(session_id)
        if record is None or (record.expires_at_ms is not None and record.expires_at_ms <= self.now_ms):
            return None
        return record

    def check(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known, or none."""
        known = self.worker_fences.get(worker.scope)
        if known is None or known > worker.token:
            raise stale(worker, known)


def refuse_read_only(read_only: bool) -> None:
    if read_only:
        message = "The store in memory is open read-only."
        raise ValidationFailed(message, problems=[Problem("config", message, "Open it for writing.", "read_only")])


class MemorySessions(SessionStore):
    """Sessions of a MemoryPlace as a plain store, without regard to a route."""

    def __init__(self, place: MemoryPlace, *, read_only: bool = False) -> None:
        self._place = place
        self._read_only = read_only

    def close(self) -> None:
        pass

    def probe(self, *, counted: bool = True) -> StoreProbe:
        identity = f"memory:{id(self._place)}"
        count = self.count() if counted else 0
        return StoreProbe("memory", "1", identity, 0.0, 0, "records", count, True, not self._read_only)

    def initialise(self, worker: WorkerToken) -> bool:
        self.raise_worker_fence(worker)
        return False

    def drop_created(self, worker: WorkerToken) -> None:
        refuse_read_only(self._read_only)
        self._place.check(worker)

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        refuse_read_only(self._read_only)
        with self._place.lock:
            known = self._place.worker_fences.get(worker.scope)
            if known is not None and known > worker.token:
                raise stale(worker, known)
            self._place.worker_fences[worker.scope] = worker.token

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        refuse_read_only(self._read_only)
        with self._place.lock:
            for scope in [scope for scope in self._place.worker_fences if scope.startswith(run_scope_prefix)]:
                del self._place.worker_fences[scope]

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        with self._place.lock:
            names = [name for name in self._following(cursor) if partition.holds(name)]
            page = [record for name in names[:limit] if (record := self._place.live(name))]
            return Page(page, "" if len(names) <= limit else names[limit], len(names) <= limit)

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        with self._place.lock:
            names = self._following(cursor)
            return Ids(names[:limit], "" if len(names) <= limit else names[limit], len(names) <= limit)

    def _following(self, cursor: str) -> list[str]:
        return sorted(name for name in self._place.rows if name >= cursor and self._place.live(name))

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        with self._place.lock:
            return [self._place.live(name) for name in ids]

    def missing(self, ids: Sequence[str]) -> list[str]:
        with self._place.lock:
            return [name for name in ids if self._place.live(name) is None]

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        refuse_read_only(self._read_only)
        written = 0
        with self._place.lock:
            self._place.check(worker)
            for record in newest_of_each(records, version):
                given = record if version is None else replace(record, version=version)
                there = self._place.live(record.id)
                known = Known(there.version, there.expires_at_ms) if there else None
                what = verdict(given, known, self._place.now_ms)
                if what is Verdict.REPLACE:
                    self._place.rows[record.id] = given
                    written += 1
                elif there is not None and what is Verdict.RAISE_DEADLINE:
                    deadline = later(there.expires_at_ms, given.expires_at_ms)
                    self._place.rows[record.id] = replace(there, expires_at_ms=deadline)
        return Applied(written, len(records) - written)

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        refuse_read_only(self._read_only)
        with self._place.lock:
            self._place.check(worker)
            return sum(self._place.rows.pop(name, None) is not None for name in ids)

    def count(self) -> int:
        with self._place.lock:
            return sum(self._place.live(name) is not None for name in self._place.rows)

    def why_unrepresentable(self, record: SessionRecord) -> str:
        return ""
