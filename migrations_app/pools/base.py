"""The port of a worker pool: what can be seen of it, and the few things that may be done to one worker."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from migrations_app.engine.errors import InsufficientResources, Problem, StepFailed, ValidationFailed


class PoolMissing(ValidationFailed):
    """The node has no such worker pool; nothing was changed."""

    code = "pool_missing"

    def __init__(self, message: str, *, field: str, fix: str) -> None:
        problems = [Problem(field, message, fix, "missing_pool")]
        super().__init__(message, problems=problems, recovery_actions=(fix,))


class PoolIsReadOnly(ValidationFailed):
    """The pool was opened for looking only; nothing was changed."""

    code = "pool_is_read_only"


class PoolLacks(ValidationFailed):
    """The pool has no such means; nothing was changed."""

    code = "pool_lacks"


class PoolTooSmall(InsufficientResources):
    """A pool of one worker cannot be recycled worker by worker: it would have none meanwhile. Nothing was changed."""

    code = "pool_too_small"
    recovery_actions = ("Give the pool another worker first.", "Or restart it while nobody needs it.")


class RecycleFailed(StepFailed):
    """A worker could not be recycled; the others are as they were."""

    code = "recycle_failed"


class RollStopped(RecycleFailed):
    """The roll was stopped, and the workers that it had changed run what they ran before."""

    code = "roll_stopped"
    recovery_actions = (
        "Look at the log of the worker that did not get healthy.",
        "Mend the release and start again; the pool serves as before.",
    )


class Capability(StrEnum):
    """What a pool can do beside stopping an idle worker and starting another one in its place.

    `drain`: keep new requests from a worker. `surge`: run workers beside those that it should have. `versions`: start a
    worker in the release that it is told. `force`: stop a worker with a request in its hands.
    """

    DRAIN = "drain"
    SURGE = "surge"
    VERSIONS = "versions"
    FORCE = "force"


@dataclass(frozen=True, slots=True)
class Release:
    """What a worker runs. `generation` is the caller's name for its settings (a digest, a number): two workers of one
    version and generation are the same to us."""

    version: str
    generation: str

    def __str__(self) -> str:
        return f"{self.version} ({self.generation})"

    def as_dict(self) -> dict[str, str]:
        return {"version": self.version, "generation": self.generation}


class Health(StrEnum):
    """`silent`: no answer in time. A node's worker answers one call at a time, so one with a long request is silent
    too. `starting`: it is not ready yet, and says so."""

    HEALTHY = "healthy"
    STARTING = "starting"
    FAILING = "failing"
    SILENT = "silent"
    GONE = "gone"


class Outcome(StrEnum):
    """What came of the wish to stop a worker. Unless it is `accepted` or `gone`, the worker goes on as it was.

    `accepted`: it is being stopped. `gone`: no such worker lives, or nobody manages it any more, because it is being
    recycled already. `pool_mismatch`: it belongs to another pool. `busy`: it has a request in its hands.
    """

    ACCEPTED = "accepted"
    GONE = "gone"
    POOL_MISMATCH = "pool_mismatch"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Worker:
    """`ready`: the pool was told that it can work. `held`: it is given no new requests. `requests`: those that the pool
    has handed to it and not got back; None when the node does not say. `extra`: it is beside those that the pool should
    have, so nobody starts another one when it is gone. `release`: what it runs or, while it is being restarted, is to
    run; None where the pool knows no versions."""

    id: str
    ready: bool
    held: bool
    requests: int | None
    extra: bool = False
    release: Release | None = None

    @property
    def serves(self) -> bool:
        return self.ready and not self.held


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """By the pool's own count. `requests` and all behind it grow from the pool's start on; `queued` is for now."""

    workers: int
    available: int
    busy: int
    queued: int
    requests: int
    errors: int
    queue_timeouts: int
    pool_saturated: int


@dataclass(frozen=True, slots=True)
class PoolView:
    """The pool at one moment. `workers` are those whose process lives, by id, the starting ones among them.
    `size` is how many it should have; None when the node does not say. `ghosts` are listed by the pool, and it hands
    requests to them, but they live no more."""

    statistics: PoolStatistics
    workers: tuple[Worker, ...]
    size: int | None
    ghosts: tuple[str, ...] = ()

    @property
    def serving(self) -> int:
        return sum(worker.serves for worker in self.workers)

    def worker(self, worker_id: str) -> Worker | None:
        return next((worker for worker in self.workers if worker.id == worker_id), None)

    def requests_of(self, worker: Worker) -> int:
        """Those that may be in its hands: where the node does not say it of each, those of the whole pool."""
        return self.statistics.busy if worker.requests is None else worker.requests


@dataclass(frozen=True, slots=True)
class PoolProbe:
    """`identity` is another one after the pool was started anew. `refill_seconds`: how often the pool itself starts
    another worker beside the one that takes a stopped one's place; 0 for never. `release`: what it starts when nothing
    else is said. `room`: the most workers that it runs; None where it does not say. `problems`: for people."""

    kind: str
    version: str
    identity: str
    latency_ms: float
    view: PoolView
    capabilities: frozenset[Capability]
    refill_seconds: float
    problems: tuple[str, ...]
    details: Mapping[str, Any]
    release: Release | None = None
    room: int | None = None

    @property
    def holds(self) -> bool:
        """It can keep new requests from a worker."""
        return Capability.DRAIN in self.capabilities


class PoolDriver(ABC):
    """Of one pool. Connects at its first use. Not thread-safe.

    Raises DependencyUnavailable when nobody answers (whether a call took effect is unknown then), PoolMissing when
    there is no such pool, ValidationFailed when we are refused; a read-only one raises PoolIsReadOnly for what changes.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def probe(self) -> PoolProbe: ...

    @abstractmethod
    def view(self) -> PoolView: ...

    @abstractmethod
    def health(self, worker_id: str) -> Health: ...

    @abstractmethod
    def hold(self, worker_id: str, seconds: float) -> bool:
        """Keep new requests from it, for so long at the most; what it has in its hands it finishes. False: the node has
        no such means."""

    @abstractmethod
    def release(self, worker_id: str) -> None:
        """Take a hold back. One that is not held is no error."""

    @abstractmethod
    def recycle(self, worker_id: str, to: Release | None = None, *, force: bool = False) -> Outcome:
        """Stop it and start another one in its place, unless it is busy. The other one comes later, or never.

        Where the pool knows versions, `to` is what runs there from now on, under the same id; when it does so already,
        nothing happens. `force`: a request in its hands fails. PoolLacks where the pool has no such means.
        """

    @abstractmethod
    def retire(self, worker_id: str) -> Outcome:
        """Stop it without another one in its place, unless it is busy. Of a pool with versions only an extra one."""

    def start(self, worker_id: str, release: Release) -> None:
        """Start an extra worker of that id; nothing happens when it is there. Raises InsufficientResources when the
        pool has no room, PoolLacks where it has no such means."""
        raise PoolLacks(f"The pool starts no extra worker {worker_id} of {release}; it has no such means.")

    def adopt(self, release: Release) -> None:
        """What the pool starts from now on when nothing else is said."""
        raise PoolLacks(f"The pool cannot be told to start {release}: it knows no versions.")
