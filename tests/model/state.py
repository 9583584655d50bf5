"""What the model looks at: one session in two stores, two clients, the workers, the control row (PROTOCOL 5).

One session is enough: nothing couples two but the fence and the epoch of their bucket, and both are here. Everything
is a tuple of small integers, so that a state hashes fast. Phases are positions in `RoutePhase`, and what a phase
allows comes from `routing.phases`, which the code goes by too.
"""

from dataclasses import dataclass
from typing import NamedTuple

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.phases import PHASES

ORDER = tuple(RoutePhase)
PLAIN_A, JOURNAL_A, DUAL_A, HANDOFF, DUAL_B, HANDOFF_BACK, SINGLE_B, RETIRED = range(len(ORDER))
AUTHORITY = tuple(PHASES[phase].authority for phase in ORDER)
MAY_READ = tuple(PHASES[phase].may_read for phase in ORDER)
MAY_WRITE = tuple(PHASES[phase].may_write for phase in ORDER)
JOURNALED = tuple(PHASES[phase].journaled for phase in ORDER)
FENCED = tuple(PHASES[phase].fenced for phase in ORDER)

GONE = -2  # a plain delete took the value away, its metadata outlived it
DAMAGED = -1  # a value that nobody wrote
FIRST = 0  # the value that was there before the route


class Record(NamedTuple):
    """`value` None: a tombstone. Version (0, 0): no guarded write has touched it."""

    epoch: int
    seq: int
    value: int | None


class Store(NamedTuple):
    record: Record | None
    fence: int = 0
    seq: int = 0  # newest minted
    top: int = 0  # greatest epoch ever minted in the bucket
    marked: bool = False
    joined: bool = False


class Client(NamedTuple):
    """Goes by the record of `epoch`. `pending`: between the two halves of an operation that is not atomic."""

    epoch: int
    phase: int
    pending: tuple | None = None


class Relay(NamedTuple):
    source: str
    record: Record | None
    applied: bool


class Driver(NamedTuple):
    """Who drives the control row: at step `at` of a hand-off `source` -> other side under `first`, `flip`.

    `expected`: the epoch that its next publication compares with.
    """

    at: str
    source: str = "a"
    first: int = 0
    flip: int = 0
    expected: int = 0


class State(NamedTuple):
    a: Store
    b: Store
    epoch: int
    phase: int
    reserved: int
    clients: tuple[Client, ...]
    driver: Driver
    writes: int
    deletes: int
    stalls: int = 0  # how many workers may still stall
    aborts: int = 0
    forwards: int = 1
    backs: int = 0
    retreats: int = 0
    damages: int = 0
    failovers: int = 0
    zombie: Driver | None = None
    relay: Relay | None = None
    copy: Record | None = None  # what the backfill has read
    copied: bool = False
    stale: tuple[str, Record | None] | None = None  # what a stalled worker may still apply, and where
    check: tuple[Record | None] | None = None  # what the verifier has read
    repaired: bool = False
    suspect: bool = False  # the replica may differ from the authority without a mark, and the control plane knows
    last: int | None = FIRST  # what every permitted read must return
    newest: int = FIRST


@dataclass(frozen=True)
class Config:
    """Bounds, and one switch per safeguard; the defaults are the protocol as built."""

    clients: int = 2
    writes: int = 2
    deletes: int = 1
    stalls: int = 1
    aborts: int = 0
    forwards: int = 1
    backs: int = 1
    retreats: int = 0
    damages: int = 0
    failovers: int = 0
    finish: bool = False
    collect: bool = False
    gate: bool = False
    invariants: bool = True
    # what clients and stores do
    barrier: bool = True
    fence_writes: bool = True
    fence_reads: bool = True
    mint: str = "bucket"  # bucket | record | client: whose epoch a version carries, the greatest of those known
    counter: str = "bucket"  # bucket | key | early (bucket, taken before the session is locked)
    epoch_in_version: bool = True
    journal: str = "atomic"  # atomic | after | none
    tombstones: bool = True
    fence_replica: bool = True
    # what workers do
    apply_if_newer: bool = True
    unversioned_yields: bool = True
    token_ack: bool = True
    ack_after_apply: bool = True
    relay_on: bool = True
    end_marker: bool = True
    repair: str = "remint"  # remint | adopt | blind
    guard_workers: bool = True
    guard_forward: bool = True
    guard_backward: bool = True
    guard_cursor: bool = True
    # what the control plane does
    publish_cas: bool = True
    abort_looks: bool = True
    reserve: bool = True
    gap: int = 1  # from the hand-off's first epoch to that of the flip
    publish_before_fence: bool = True
    drain_after_fence: bool = True
    first_fence: bool = True
    fence_before_flip: bool = True
    fence_grows: bool = True
    verify_after_failover: bool = True
    bump_after_failover: bool = True
    fence_workers_after_failover: bool = True
    acks_before_leaving: bool = True
    empty_replica: bool = True
    fence_workers_before_plain: bool = True

    def initial(self) -> State:
        return State(
            a=Store(Record(0, 0, FIRST)),
            b=Store(None),
            epoch=1,
            phase=PLAIN_A,
            reserved=1,
            clients=(Client(1, PLAIN_A),) * self.clients,
            driver=Driver("plain"),
            writes=self.writes,
            deletes=self.deletes,
            stalls=self.stalls,
            aborts=self.aborts,
            forwards=self.forwards,
            backs=self.backs,
            retreats=self.retreats,
            damages=self.damages,
            failovers=self.failovers,
        )


def visible(record: Record | None) -> int | None:
    return None if record is None or record.value == GONE else record.value


def other(side: str) -> str:
    return "b" if side == "a" else "a"


def version(record: Record | None) -> tuple[int, int]:
    return (0, 0) if record is None else record[:2]


def adopt(config: Config, store: Store, new: Record | None) -> Store:
    """Apply-if-newer as `RoutedStore.adopt` has it (deadlines apart: see ttl.py); later versions are newer than it."""
    record = _newer(config, store.record, new)
    if record is None or record is store.record:
        return store._replace(record=record)
    return store._replace(record=record, top=max(store.top, record.epoch), seq=max(store.seq, record.seq))


def _newer(config: Config, held: Record | None, new: Record | None) -> Record | None:
    if new is None:
        return held if config.tombstones else None
    if new.value == GONE:
        return held
    if held is None or not config.apply_if_newer:
        return new
    if version(new) == (0, 0):
        return held if config.unversioned_yields else new
    return new if version(new) > version(held) else held


def mint(config: Config, store: Store, epoch: int, value: int | None, seq: int = 0) -> Store:
    """The store after a guarded write; `seq` when it was taken before."""
    record = store.record
    known = record.epoch if record else 0
    if not config.epoch_in_version:
        named, number = 0, max(store.seq, record.seq if record else 0) + 1
    else:
        named = {"client": epoch, "record": max(epoch, known), "bucket": max(epoch, known, store.top)}[config.mint]
        number = seq or ((record.seq if record else 0) if config.counter == "key" else store.seq) + 1
    kept = None if value is None and not config.tombstones else Record(named, number, value)
    return store._replace(record=kept, seq=max(store.seq, number), top=max(store.top, named))
