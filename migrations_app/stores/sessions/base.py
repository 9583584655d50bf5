"""What every session store offers, whatever keeps the sessions. One contract suite runs over all of them."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Self

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.records import SessionRecord, Version


class FenceClass(StrEnum):
    """How a store can keep an outdated writer out (PROTOCOL 5.2)."""

    NATIVE = "native"
    GRANT = "grant"
    LEASE_ONLY = "lease_only"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Partition:
    """Partition `index` of `of`: the ids whose CRC-32 (of the UTF-8 bytes) modulo `of` is `index`."""

    index: int = 0
    of: int = 1

    def holds(self, session_id: str) -> bool:
        return self.of == 1 or zlib.crc32(session_id.encode()) % self.of == self.index


WHOLE = Partition()
DIGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a scan.

    `last` is an explicit marker; an empty page that is not the last is normal. `cursor` resumes after this page.
    A scan sees every session that lives from its start to its end at least once, and may repeat some.
    `unreadable` names ids (as fingerprintable text) whose record cannot be represented, with the reason.
    A cursor never holds a whole random session id: at most the few leading characters that tell two neighbours
    apart, because cursors are journaled and ids are bearer credentials.
    """

    records: Sequence[SessionRecord]
    cursor: str
    last: bool
    unreadable: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Ids:
    """A page of a scan that reads no contents: what lives under the layout's keys, readable as a session or not.

    `strange` are keys that are no ids at all, as text. It may hold more than was asked for. The rest is as in `Page`.
    """

    ids: Sequence[str]
    cursor: str
    last: bool
    strange: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcome of a bulk apply: `written` replaced or created; `refused` were not newer than what is there.

    A record of equal version counts as refused, also when it raised the deadline.
    """

    written: int
    refused: int


@dataclass(frozen=True, slots=True)
class StoreDigest:
    """`digest`: XOR of the records' content hashes, 64 hex digits; order and batch size do not matter."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a store stands beside its replicas, its machine and what else it keeps. None is unknown.

    `replica_lag_ms`: of this replica, or of a primary's slowest one. `durable`: each acknowledged change is put on
    disk at once or within a second. `other_records`: what else the server or database holds, roughly.
    `machine_free_bytes`: what the machine has left at the most, where the store has no limit of its own.
    """

    replica: bool = False
    replica_lag_ms: int | None = None
    durable: bool | None = None
    other_records: int | None = None
    machine_free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class StoreProbe:
    """What a look at a store shows. `identity` survives reconnects and restarts, not re-creation.

    `latency_ms` is the median round trip of five; `clock_skew_ms` = store's clock minus ours;
    `capacity_bytes`, `used_bytes` and `capacity_sessions` are None where the store has no limit of its own; `problems`
    are for people.
    """

    kind: str
    version: str
    identity: str
    latency_ms: float
    clock_skew_ms: int
    layout: str
    count: int
    exists: bool
    writable: bool
    eviction_policy: str = ""
    capacity_bytes: int | None = None
    used_bytes: int | None = None
    capacity_sessions: int | None = None
    problems: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    standing: Standing = Standing()


class SessionStore(ABC):
    """A live session store, opened by `stores.sessions.open_store(config, secrets, read_only=...)`.

    Not thread-safe: one per thread. Every method raises DependencyUnavailable when the server does not answer
    (retryable) and ValidationFailed for wrong credentials or a missing table. Writers take the worker's fencing
    token and raise LeaseLost when the store has seen a greater one for that scope, or none: call
    `raise_worker_fence` first.
    """

    fence_class: ClassVar[FenceClass] = FenceClass.NATIVE
    scan_repeats: ClassVar[bool] = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def probe(self, *, counted: bool = True) -> StoreProbe:
        """A count reads the whole store: without one the look is cheap however much is there, and `count` is 0."""

    @abstractmethod
    def initialise(self, worker: WorkerToken) -> bool:
        """Create what the layout needs (table, side table, fences) and raise the worker's fence.

        True when this call, or an earlier one of the same run, created the table: a repeat after a crash tells
        the same. Raises ValidationFailed when the layout names a table of somebody else's that is not there.
        """

    @abstractmethod
    def drop_created(self, worker: WorkerToken) -> None:
        """Inverse of `initialise`: side data always goes; the table only when Snakeweb created it and it is empty."""

    def initialise_like(self, original: StoreConfig, worker: WorkerToken) -> None:
        """`initialise` for the namespace of a rehearsal: a table is made like that of the target `original`."""
        self.initialise(worker)

    def remove_scratch(self, worker: WorkerToken, tick: Callable[[], None]) -> None:
        """Take the namespace of the worker's own rehearsal away, whole, and the run's fences with it.

        Half of it may be gone already. `tick` is called now and then. Raises ValidationFailed for any other place.
        """
        raise ValidationFailed("Such a store has no place to rehearse in; nothing was removed.")

    @abstractmethod
    def raise_worker_fence(self, worker: WorkerToken) -> None:
        """Make this token the least that is accepted for its scope. Raises LeaseLost when a greater one is known."""

    @abstractmethod
    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        """Forget the fences of a run that has ended. A writer whose fence is unknown is refused, so a worker that
        wakes up later still writes nothing."""

    def withdraw(self, worker: WorkerToken, scopes: Sequence[str]) -> None:
        """Take away what runs left in a store that they only wrote back to: their fences, and the side table.

        The side table stays when none of these runs (`scopes`: their scopes) created it, or while clients write
        through Snakeweb's own client. What it holds beyond the mapped columns goes with it. Stores without one keep
        what they know beside each session for as long as that lives.
        """
        for scope in scopes:
            self.clear_worker_fences(f"{scope}:")

    @abstractmethod
    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        """Next page of live (not expired) records after `cursor` ('' starts)."""

    @abstractmethod
    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        """Records in the order of `ids`; None where there is none or it has expired."""

    @abstractmethod
    def scan_ids(self, cursor: str, limit: int) -> Ids:
        """Like `scan`, without the contents, which is many times cheaper. Its cursors are its own."""

    @abstractmethod
    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of `ids` under which nothing lives, not even something that is no session."""

    @abstractmethod
    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        """Apply-if-newer in bulk, atomically with the worker fence check.

        With `version` all records are written under it instead of their own (cheaper than making new records).

        A greater version replaces; an equal one only raises `expires_at_ms` to the maximum; a smaller one is
        refused (PROTOCOL 7). A record whose deadline has passed is refused. UNVERSIONED records always replace.
        """

    @abstractmethod
    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        """Delete records and their metadata. Returns how many were there."""

    @abstractmethod
    def count(self) -> int:
        """Live sessions."""

    @abstractmethod
    def why_unrepresentable(self, record: SessionRecord) -> str:
        """Why this layout cannot hold the record without loss, for people and without its id; '' when it can."""

    def digest(self, partition: Partition = WHOLE) -> StoreDigest:
        """Digest of the live records, computed by a scan. Unreadable records are not part of it."""
        total, count, cursor, seen = 0, 0, "", set[int]()
        while True:
            page = self.scan(cursor, DIGEST_PAGE, partition)
            for record in page.records:
                if not self.scan_repeats or (mark := hash(record.id)) not in seen:
                    total ^= int.from_bytes(record.content_hash(), "big")
                    count += 1
                    if self.scan_repeats:
                        seen.add(mark)
            if page.last:
                return StoreDigest(count, f"{total:064x}")
            cursor = page.cursor
