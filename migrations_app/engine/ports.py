"""Every port of the engine on one page.

`runtime/` implements them on Django, Channels and Celery; `testing/` implements them in memory; one contract
suite runs over both.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from migrations_app.engine.events import Event, NewEvent
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunState, Signal


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall clock, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds for durations; never goes backwards."""


@dataclass(frozen=True, slots=True)
class WorkerToken:
    """Fencing token of one claim; `token` grows by one with every claim of its scope.

    `scope` is `run:<run id>` for the run's own driver and `run:<run id>:<step>:<n>` for a leased partition.
    """

    scope: str
    token: int


CLOSED_TOKEN = 2**62
BACKGROUND = "background."  # begins the step of a background driver's scope: `run:7:background.relay:0`


def run_scope(run_id: int) -> str:
    return f"run:{run_id}"


def partition_scope(run_id: int, step_id: str, index: int) -> str:
    return f"{run_scope(run_id)}:{step_id}:{index}"


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append learned: the run's newest `seq`, and the signal a person left for the run.

    A signal is a level, not an edge: it stays until the service that takes it back (resume) clears it, so that
    every driver of the run sees it. `state` is the run's state after the append, if the journal knows it: a
    partition's driver stops when the run no longer goes forward. `withheld`: the `unless_asked` events were not
    written, because somebody asks something of the run.
    """

    seq: int
    signal: Signal
    state: RunState | None = None
    withheld: bool = False


class Journal(Protocol):
    """The journal of one run, opened under one lease."""

    def load(self) -> Sequence[Event]:
        """All events in `seq` order."""

    def append(self, events: Sequence[NewEvent], unless_asked: Sequence[NewEvent] = ()) -> Appended:
        """Write events in one transaction, and the events `unless_asked` behind them while no signal is left.

        Raises LeaseLost when this worker's token is stale, and DependencyUnavailable when the database does not
        answer (inside an action that makes the step wait and try again). An append of no events checks the lease
        and reads the signal.
        """


@dataclass(frozen=True, slots=True)
class ArtifactRef:
    """A stored blob: `key` is its address, `sha256` of the stored bytes, `size` in bytes."""

    key: str
    sha256: str
    size: int


class Artifacts(Protocol):
    """Backups, snapshots, reports. Encryption at rest is the implementation's business."""

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A writable stream; the artifact exists, whole, only once the context ended without an error."""

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A readable stream of the clear bytes. Raises DependencyUnavailable when the key is not there."""

    def stat(self, key: str) -> ArtifactRef | None: ...

    def delete(self, key: str) -> None:
        """Deletes the artifact; one that is not there is no error."""

    def keys(self, prefix: str) -> Iterator[str]: ...


BUCKETS = 256  # a route spreads its sessions over so many (PROTOCOL 5.1)


@dataclass(frozen=True, slots=True)
class BucketRange:
    """Buckets `first` to `last`, both included: who serves them, and since which epoch of the route."""

    first: int
    last: int
    phase: RoutePhase
    epoch: int
    authority: str


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """Who serves the sessions of a route (DESIGN section 7). `stores` maps side to target name.

    `phase` and `authority` hold for every bucket unless `buckets` says it bucket by bucket; those ranges then cover
    0 to 255 in order, and `phase` and `authority` are where the route stood before they parted. `fenced`: the
    stores check epochs (zero-downtime); else operations are plain and a hand-off waits for acknowledgements alone.
    """

    name: str
    epoch: int
    phase: RoutePhase
    authority: str  # "a" or "b"
    stores: Mapping[str, str] = field(default_factory=dict)
    handoff_deadline: datetime | None = None
    buckets: tuple[BucketRange, ...] = ()
    fenced: bool = False

    @property
    def ranges(self) -> tuple[BucketRange, ...]:
        """Every bucket is in exactly one."""
        return self.buckets or (BucketRange(0, BUCKETS - 1, self.phase, self.epoch, self.authority),)

    def at(self, bucket: int) -> BucketRange:
        """The range that holds the bucket. Raises KeyError for a bucket that no range covers."""
        for part in self.ranges:
            if part.first <= bucket <= part.last:
                return part
        raise KeyError(bucket)


class Routes(Protocol):
    """Every write is a compare-and-set on the epoch, under the driver's lease where there is one."""

    def get(self, name: str) -> RouteRecord | None: ...

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        """Compare-and-set on the epoch (`None`: the route must not exist). Raises IllegalTransition when it moved."""

    def reserve(self, name: str, *, expected_epoch: int, count: int) -> int:
        """Set the next `count` epochs aside before a store is touched with them; returns the last one set aside.

        Epochs set aside before stay so: the first one of these follows the highest. Raises IllegalTransition when the
        route is not at `expected_epoch`, LeaseLost when the driver was replaced.
        """

    def reserved(self, name: str) -> int:
        """The highest epoch that was ever set aside or published: an abort publishes one above it."""

    def now(self) -> datetime:
        """By the clock that deadlines of hand-offs are judged by; a driver's own may be off."""


class RunLog(Protocol):
    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RouteClient:
    """A client process that follows a route, as its newest lease says. `is_live`: the lease has not run out."""

    client_id: str
    boot_id: str
    acked_epoch: int
    max_acked_seq: int
    is_live: bool
    counters: Mapping[str, int] = field(default_factory=dict)


class Live(Protocol):
    """What goes on beside the steps of one run: the order of a person, the route's clients, background drivers."""

    def order(self) -> CutoverOrder: ...

    def most_a_second(self) -> int:
        """How many records a second a person allows for now; 0 when they did not say."""

    def clients(self, route: str) -> Sequence[RouteClient]: ...

    def want(self, *names: str) -> None:
        """Let these of the handler's `background()` be driven, from now until they say that they have ended."""

    def show(self, route: str, name: str, values: Mapping[str, Any]) -> None:
        """Replace one panel of the route's live state (JSON-ready values), for people and for other drivers."""

    def shown(self, route: str) -> Mapping[str, Mapping[str, Any]]:
        """Every panel by name; each has `at`, ISO 8601, beside its values."""

    def urgent(self) -> AbstractContextManager[None]:
        """While it lasts, the driver's lease is short and renewed often: if it dies, a successor comes at once."""


class Unwatched:
    """A `Live` without people, clients or background: what is shown is forgotten."""

    def order(self) -> CutoverOrder:
        return CutoverOrder.NONE

    def most_a_second(self) -> int:
        return 0

    def clients(self, route: str) -> Sequence[RouteClient]:
        return ()

    def want(self, *names: str) -> None:
        return None

    def show(self, route: str, name: str, values: Mapping[str, Any]) -> None:
        return None

    def shown(self, route: str) -> Mapping[str, Mapping[str, Any]]:
        return {}

    def urgent(self) -> AbstractContextManager[None]:
        return nullcontext()


class Spans(Protocol):
    """Follows what a driver does, for traces and logs; the journal stays the truth. It raises nothing of its own.

    `calls`: whether it wants to know of single calls of stores at all.
    """

    calls: bool

    def step(
        self, step_id: str, *, attempt: int, partition: int = 0, undo: bool = False
    ) -> AbstractContextManager[None]:
        """While it lasts the step's action is at work; an exception passes through and is its end."""

    def batch(self, *, done: int, unit: str) -> None:
        """A checkpoint was saved: what was done since the step began, or since the last one, was a batch."""

    def call(self, store: str, operation: str) -> AbstractContextManager[object]:
        """One call of a store; `store` is its kind."""


_AT_WORK = nullcontext()


class Unfollowed:
    """A `Spans` that nobody listens to."""

    calls = False

    def step(
        self, step_id: str, *, attempt: int, partition: int = 0, undo: bool = False
    ) -> AbstractContextManager[None]:
        return _AT_WORK

    def batch(self, *, done: int, unit: str) -> None:
        return None

    def call(self, store: str, operation: str) -> AbstractContextManager[object]:
        return _AT_WORK


@dataclass(frozen=True, slots=True)
class ExecutionPorts:
    """What a run needs from the outside world; `runtime/composition.py` and `testing/` build one."""

    clock: Clock
    journal: Journal
    artifacts: Artifacts
    routes: Routes
    live: Live = field(default_factory=Unwatched)
    extra: Mapping[str, Any] = field(default_factory=dict)
