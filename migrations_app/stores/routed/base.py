"""What a session store offers while a route leads to it (PROTOCOL 5.2). One contract suite runs over every kind.

A route spreads sessions over 256 buckets. One store is a bucket's authority; it accepts a write in one atomic step
with three others: the fence is checked, a version is minted, and the session is marked dirty in the bucket's journal.
A relay carries the current state of marked sessions to the replica, which adopts what is newer. What a store keeps for
this lies beside the values (side keys, side tables), so that code that does not know the route still reads them, and
leaving the route is a delete.
"""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.records import SessionRecord, Version

ALL_BUCKETS = tuple(range(BUCKETS))


def bucket_of(session_id: str) -> int:
    """CRC-32 of the id's UTF-8 bytes, modulo 256. Part of the client protocol: it must never change."""
    return zlib.crc32(session_id.encode()) % BUCKETS


class Fenced(MigrationError):
    """The store's fence is above the epoch that the caller goes by; nothing was read or written.

    `fence` is the bucket's fence, `document` the route record as the store mirrors it (JSON text, "" when it holds
    none): the caller learns at once where to go, also when the control plane is silent.
    """

    code = "fenced"
    retryable = True

    def __init__(self, fence: int, document: str = "") -> None:
        super().__init__(f"The store accepts epoch {fence} and newer only; nothing was read or written.")
        self.fence = fence
        self.document = document


class Guard(NamedTuple):
    """What a client goes by: the epoch of the session's bucket in its route record.

    `journaled`: the bucket has a replica, so a write is marked for the relay. Without a guard (None) an operation
    is plain: it neither looks at fences nor leaves a version, as code that does not know the route does it.
    """

    epoch: int
    journaled: bool


class Condition(StrEnum):
    """When a write may take effect."""

    ANY = "any"
    ABSENT = "absent"  # no live session of that id
    PRESENT = "present"  # a live session of that id


class WriteOutcome(StrEnum):
    WRITTEN = "written"
    EXISTS = "exists"  # Condition.ABSENT did not hold
    MISSING = "missing"  # Condition.PRESENT did not hold, or there is nothing to compare `expected` with
    CHANGED = "changed"  # the session has another version than `expected`


@dataclass(frozen=True, slots=True)
class Written:
    """`version` is the minted one (always UNVERSIONED for a plain write), `expires_at_ms` the deadline as stored.

    Both are those of the session that is there when the outcome is not WRITTEN, and UNVERSIONED, None without one.
    """

    outcome: WriteOutcome
    version: Version
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """All that a store knows of an id, deleted or not: what relay, backfill and verifier carry and compare.

    `dead`: a tombstone of `version`. `record` None and not dead: nothing is there (never was, or has expired); then
    `version` is what metadata outlived the session, else UNVERSIONED. A record that no guarded write has touched is
    UNVERSIONED. `record.version` equals `version`.
    """

    id: str
    version: Version
    dead: bool
    record: SessionRecord | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A session that changed since the replica last acknowledged it.

    `version` is the token: an acknowledgement takes the mark away only while the version is still this one.
    `since_ms`: when it was first marked, by the store's clock.
    """

    id: str
    bucket: int
    version: Version
    since_ms: int


@dataclass(frozen=True, slots=True)
class JournalState:
    """Of some buckets: how many sessions are marked, and the oldest mark's age in ms (store's clock; 0: none)."""

    depth: int
    oldest_ms: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """Outcome of a bulk adoption: replaced or created; equal version with a later deadline; refused as not newer."""

    written: int
    raised: int
    refused: int

    def __add__(self, other: "Adopted") -> "Adopted":
        return Adopted(self.written + other.written, self.raised + other.raised, self.refused + other.refused)


@dataclass(frozen=True, slots=True)
class Tombstone:
    id: str
    version: Version
    since_ms: int


class RoutedStore(ABC):
    """A live session store under a route. Not thread-safe: one per thread, opened by `stores.routed.open_routed`.

    Every method raises DependencyUnavailable when the server does not answer. Methods with a `worker` raise
    LeaseLost when the store has seen a greater token for that scope, or none (`sessions.raise_worker_fence`).
    Epochs of fences and of the mirrored record only grow.
    """

    #: The same place as a plain session store: probing, scanning ids, counting, the workers' fences.
    sessions: SessionStore

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sessions.close()

    # What a client calls. Each is one round trip and one atomic step.

    @abstractmethod
    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        """The live session; `version` is UNVERSIONED when no guarded write has touched it, and always for a plain read.
        Raises Fenced."""

    @abstractmethod
    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        *,
        lifetime_ms: int | None = None,
        condition: Condition = Condition.ANY,
        expected: Version | None = None,
    ) -> Written:
        """Create or replace, when the condition holds and the version is the expected one (None: whatever it is).

        With `lifetime_ms` the deadline becomes the store's clock plus it, else `session.expires_at_ms` holds.
        `session.version` is ignored. `expected` with a plain write is compared with UNVERSIONED. Raises Fenced, and
        ValidationFailed for a record that the layout cannot hold.
        """

    @abstractmethod
    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        """Move the deadline to the store's clock plus `lifetime_ms` (None: the session's own `ttl_ms`; without one
        the deadline stays). A guarded touch mints a version and marks, as the relay carries states, not commands.
        WRITTEN, or MISSING when there is no live session. Raises Fenced.
        """

    @abstractmethod
    def delete(self, session_id: str, guard: Guard | None) -> bool:
        """End a session. Whether a live one was there. A guarded delete leaves a tombstone, also where nothing was.

        Raises Fenced.
        """

    # What the control plane's workers call.

    @abstractmethod
    def join(self, worker: WorkerToken, *, route: str, fence: int, document: str, epoch: int) -> None:
        """Prepare this store for a route: structures beside the values, every fence at least `fence`, the record.

        Repeatable. The session table itself must be there (`sessions.initialise`).
        """

    @abstractmethod
    def leave(self, worker: WorkerToken) -> None:
        """Inverse of `join`: fences, journal, tombstones, versions and mirrored record go, values stay. Repeatable."""

    @abstractmethod
    def joined(self) -> bool: ...

    @abstractmethod
    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        """Accept only `epoch` and newer for these buckets, once every write under way there has ended.

        When it returns, no write of an older epoch can take effect any more. A fence that is higher stays. Raises
        Timeout when writes under way do not end within `within_ms`; fences are then as they were.
        """

    @abstractmethod
    def fences(self) -> Sequence[int]:
        """The fence of each bucket, 0 to 255. Empty when the store has not joined."""

    @abstractmethod
    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        """Keep the route record beside the fences; an epoch that is not newer changes nothing."""

    @abstractmethod
    def mirrored(self) -> str:
        """The mirrored route record, "" when there is none."""

    @abstractmethod
    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        """At most `limit` marks of these buckets, about oldest first."""

    @abstractmethod
    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        """Take away each mark whose session still has the mark's version. Returns how many went."""

    @abstractmethod
    def marked(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that are marked now."""

    @abstractmethod
    def journal(self, buckets: Sequence[int]) -> JournalState: ...

    @abstractmethod
    def fetch(self, ids: Sequence[str]) -> list[Held]:
        """The state of each id, in order, each read in one atomic step."""

    @abstractmethod
    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        """Apply-if-newer as the replica: a greater version replaces (a tombstone too), an equal one only raises the
        deadline to the later one, a smaller one is refused. UNVERSIONED takes only a place where nothing was
        ever known; whether it raises the deadline of another UNVERSIONED one is left to the store. Leaves no
        mark. Whatever has expired is refused, and a `Held` with neither record nor tombstone does nothing.
        `skew_ms` (this store's clock minus the authority's) is added to deadlines. Ids are distinct.
        """

    @abstractmethod
    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        """Give the id a new version of `epoch` and mark it, so that the relay carries it over a damaged replica.

        A compare-and-set: None, and nothing changed, when the session no longer has `held`'s version and value. For a
        `held` with nothing there (or a tombstone) a new tombstone is minted.
        """

    @abstractmethod
    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        """A page of tombstones and the cursor of the next one, "" after the last."""

    @abstractmethod
    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        """Remove those that are still of that version and not marked. The caller has made sure that nobody can bring an
        older record of them (PROTOCOL 5.6). Returns how many went."""

    @abstractmethod
    def legacy_writes(self) -> int:
        """How many writes that did not go through a guard the store has seen since `join`.

        SQL stores count them by trigger, which also versions and marks them; Redis finds them by comparing values
        with the checksum beside them (`suspects`), so its count is what `suspects` has confirmed.
        """

    def changed_ids(self) -> list[str]:
        """Ids that anybody has written since the last call, as far as the server tells; SQL: none, triggers see all."""
        return []

    def watches(self) -> bool:
        """Whether the store has seen every write without a guard since this was last asked: ask after `changed_ids`.

        False: `legacy_writes` may lack some, so that nothing follows from its standing still. A Redis store sees none
        before the first `changed_ids`, none for a user who may not watch, and may have missed some when the
        connection was lost meanwhile. SQL: True, triggers see all.
        """
        return True

    def suspects(self, ids: Sequence[str], worker: WorkerToken) -> int:
        """Look at these ids for writes without a guard; version, mark and count what is found. SQL: nothing to do."""
        return 0

    @abstractmethod
    def now_ms(self) -> int:
        """The store's clock: the one that marks and deadlines go by. May be kept by an offset measured before, so
        that asking costs no round trip; exact to a few milliseconds."""

    @abstractmethod
    def incarnation(self) -> str:
        """Changes when the server may have lost acknowledged writes (Redis: run id; PostgreSQL: system id and
        timeline; SQLite: file identity)."""

    @abstractmethod
    def highest_seqs(self) -> Sequence[int]:
        """The newest minted seq of each bucket (stores with one sequence repeat it)."""
