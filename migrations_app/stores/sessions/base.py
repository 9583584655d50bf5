"""What every session store offers, whatever keeps the sessions. One contract suite runs over all of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.records import SessionRecord


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

    def holds(self, session_id: str) -> bool: ...


WHOLE = Partition()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a scan.

    `last` is an explicit marker; an empty page that is not the last is normal. `cursor` resumes after this page.
    A scan sees every session that lives from its start to its end at least once, and may repeat some.
    `unreadable` names ids (as fingerprintable text) whose record cannot be represented, with the reason.
    """

    records: Sequence[SessionRecord]
    cursor: str
    last: bool
    unreadable: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcome of a bulk apply: `written` replaced or created, `refused` were not newer than what is there."""

    written: int
    refused: int


@dataclass(frozen=True, slots=True)
class StoreDigest:
    """`digest`: XOR of the records' content hashes, 64 hex digits; order and batch size do not matter."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoreProbe:
    """What a look at a store shows. `identity` survives reconnects and restarts, not re-creation.

    `latency_ms` is the median round trip of five; `clock_skew_ms` = store's clock minus ours;
    `capacity_bytes`/`used_bytes` None where the store has no limit of its own; `problems` are for people.
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
    problems: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


class SessionStore(ABC):
    """A live session store, opened by `stores.sessions.open_store(config, secrets, read_only=...)`.

    Not thread-safe: one per thread. Every method raises DependencyUnavailable when the server does not answer
    (retryable) and ValidationFailed for wrong credentials or a missing table. Writers take the worker's fencing
    token and raise LeaseLost when the store has seen a greater one for that scope.
    """

    fence_class: FenceClass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def probe(self) -> StoreProbe: ...

    @abstractmethod
    def initialise(self, worker: WorkerToken) -> bool:
        """Create what the layout needs (table, side table, fences). True when something was created."""

    @abstractmethod
    def drop_created(self, worker: WorkerToken) -> None:
        """Inverse of `initialise` for what it created: drops the table only when it is empty, side data always."""

    @abstractmethod
    def raise_worker_fence(self, worker: WorkerToken) -> None:
        """Make this token the least that is accepted for its scope. Raises LeaseLost when a greater one is known."""

    @abstractmethod
    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        """Forget the fences of a run that has ended."""

    @abstractmethod
    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        """Next page of live (not expired) records after `cursor` ('' starts)."""

    @abstractmethod
    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        """Records in the order of `ids`; None where there is none or it has expired."""

    @abstractmethod
    def apply(self, records: Sequence[SessionRecord], worker: WorkerToken) -> Applied:
        """Apply-if-newer in bulk, atomically with the worker fence check.

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
    def digest(self, partition: Partition = WHOLE) -> StoreDigest: ...
