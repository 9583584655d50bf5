"""Two stores under a route, and the drivers that act on them one after the other: no run, no engine around them."""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Step, Target
from migrations_app.engine.ports import BUCKETS, RouteClient, RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase, StepKind, TargetKind
from migrations_app.handlers.session.parameters import PARAMETERS
from migrations_app.handlers.session.zero_downtime.hand_off import BACK, FORWARD, HandOff
from migrations_app.handlers.session.zero_downtime.levelness import Levelness
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.publishing import document_of, with_phase
from migrations_app.handlers.session.zero_downtime.relay import Relay
from migrations_app.handlers.session.zero_downtime.verifier import Verifier
from migrations_app.routing.phases import PHASES
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource, RouteSource
from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, RoutedStore, Written, bucket_of
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.live import MemoryLive
from migrations_app.testing.memory import ManualClock, MemoryArtifacts, MemoryRoutes
from migrations_app.testing.routed_memory import MemoryRoutedStore
from migrations_app.testing.session_memory import MemoryPlace
from tests.handlers.session.contexts import Log, Notebook
from tests.handlers.session.moves import HOUR_MS, KEY, ROUTE
from tests.handlers.session.zero_downtime.moves import QUICK

SCOPE = "run:7"
_worlds = itertools.count(1)
EVERY_STORE = pytest.mark.parametrize(
    "real",
    ["sqlite", *(pytest.param(kind, marks=pytest.mark.servers) for kind in ("redis", "postgres"))],
    indirect=True,
)
STEP = Step("switch", StepKind.MIGRATION, "Switch", "switch_in_waves")


@dataclass
class World:
    """At DUAL_A, epoch 5, from the start. `a` and `b` are the stores as the test's clients have them open.

    `driver()` is a driver that has just claimed the run's lease: those before it are refused by both stores. It has
    stores of its own, which belong to the thread that asked.
    """

    opens: Mapping[str, Callable[[], RoutedStore]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Any] = field(default_factory=dict)
    routes: MemoryRoutes = field(default_factory=MemoryRoutes)
    live: MemoryLive = field(default_factory=MemoryLive)
    clock: ManualClock = field(default_factory=ManualClock)
    log: Log = field(default_factory=Log)
    token: int = field(default_factory=lambda: 1000 * next(_worlds))  # servers outlive a test

    def __post_init__(self) -> None:
        values, problems = parse(PARAMETERS, {"route": ROUTE, **QUICK, "settle_ms": 0, **self.parameters}, path="p")
        assert not problems
        self.values = values
        self._opened: list[tuple[int, RoutedStore]] = []
        self.a, self.b = self.open("a"), self.open("b")
        first = RouteRecord(ROUTE, 5, RoutePhase.DUAL_A, "a", {"a": "old", "b": "new"}, fenced=True)
        self.routes.publish(first, expected_epoch=None)
        worker = WorkerToken("setting up", 1)
        for store, fence in ((self.a, 3), (self.b, 4)):  # as the step that joins leaves them, at PLAIN_A
            store.sessions.initialise(worker)
            store.join(worker, route=ROUTE, fence=fence, document=document_of(first), epoch=5)

        self.identity = self.b.sessions.probe(counted=False).identity

    def open(self, side: str) -> RoutedStore:
        store = self.opens[side]()
        self._opened.append((threading.get_ident(), store))
        return store

    def close(self) -> None:
        """What the calling thread has opened."""
        for thread, store in self._opened:
            if thread == threading.get_ident():
                store.close()
        self._opened = [(thread, store) for thread, store in self._opened if thread != threading.get_ident()]

    @property
    def targets(self) -> dict[str, Target]:
        return targets()

    @property
    def record(self) -> RouteRecord:
        record = self.routes.get(ROUTE)
        assert record is not None
        return record

    def side(self, name: str) -> RoutedStore:
        return {"a": self.a, "b": self.b}[name]

    def pair(self, scope: str = SCOPE) -> Pair:
        self.token += 1
        worker = WorkerToken(scope, self.token)
        a, b = self.open("a"), self.open("b")
        for store in (a, b):
            store.sessions.raise_worker_fence(worker)
        return Pair(a, b, worker)

    def driver(self, **changes: Any) -> tuple[ActionContext, Pair]:
        pair = self.pair()
        return self.context(pair.worker, **changes), pair

    def context(self, worker: WorkerToken, **changes: Any) -> ActionContext:
        results = {
            "join": {"target_identity": self.identity},
            "journal": {"legacy_writes": 0},
            "prove": {"began_at": self.clock.now().isoformat()},
        }
        values: dict[str, Any] = {"results": results, "checkpoint": {}, "progress": Notebook(), **changes}
        return ActionContext(
            run_id=7,
            step=STEP,
            options={"parallel_workers": 2, "batch_size": 100, "cleanup_source": False},
            parameters=self.values,
            targets=self.targets,
            worker=worker,
            log=self.log,
            clock=self.clock,
            artifacts=MemoryArtifacts(),
            routes=self.routes,
            live=self.live,
            extra={"fingerprint_key": KEY},
            **values,
        )

    def background(self, worker: WorkerToken) -> BackgroundContext:
        return BackgroundContext(
            run_id=7,
            options={"parallel_workers": 2},
            parameters=self.values,
            targets=self.targets,
            worker=worker,
            clock=self.clock,
            routes=self.routes,
            live=self.live,
            log=self.log,
            alive=lambda: None,
            extra={"fingerprint_key": KEY},
        )

    def publish(self, phase: RoutePhase, buckets: Sequence[int] = ALL_BUCKETS) -> RouteRecord:
        wanted = self.with_phase(phase, self.routes.reserved(ROUTE) + 1, buckets)
        return self.routes.publish(wanted, expected_epoch=self.record.epoch)

    def with_phase(self, phase: RoutePhase, epoch: int, buckets: Sequence[int] = ALL_BUCKETS) -> RouteRecord:
        return with_phase(self.record, buckets, phase, epoch)

    def relay(self, pair: Pair, origin: str = "a", **values: Any) -> Relay:
        return Relay(pair.side(origin), pair.other(origin), pair.worker, **values)

    def levelness(self, pair: Pair, **values: Any) -> Levelness:
        record = self.record
        return Levelness(pair, lambda bucket: record.at(bucket).authority, KEY, 0, **values)

    def verifier(self, pair: Pair, **values: Any) -> Verifier:
        return Verifier(
            pair,
            self.levelness(pair),
            pair.worker,
            **{"settle_seconds": 0.0, "tick": lambda _: None, "now_published": lambda: self.record, **values},
        )

    def hand_off(self, ctx: ActionContext, pair: Pair, *, back: bool = False, lately: Sequence[str] = ()) -> HandOff:
        way = BACK if back else FORWARD
        relay = self.relay(pair, way.origin)
        return HandOff(ctx, pair, way, relay, self.levelness(pair), lambda: lately)

    def write(self, session_id: str, value: bytes = b"{}", *, by: RouteRecord | None = None, **values: Any) -> Written:
        """What a client does that goes by this record (without one: by the newest). Raises Fenced."""
        store, guard = self.way(session_id, by)
        session = SessionRecord(session_id, value, expires_at_ms=values.pop("until", store.now_ms() + HOUR_MS))
        return store.write(session, guard, **values)

    def delete(self, session_id: str, *, by: RouteRecord | None = None) -> bool:
        store, guard = self.way(session_id, by)
        return store.delete(session_id, guard)

    def read(self, session_id: str, *, by: RouteRecord | None = None) -> bytes | None:
        store, guard = self.way(session_id, by)
        found = store.read(session_id, guard)
        return found.value if found else None

    def way(self, session_id: str, by: RouteRecord | None = None) -> tuple[RoutedStore, Guard | None]:
        part = (by or self.record).at(bucket_of(session_id))
        rule = PHASES[part.phase]
        return self.side(part.authority), Guard(part.epoch, rule.journaled) if rule.fenced else None

    def held(self, side: str, session_id: str) -> bytes | None:
        found = self.side(side).sessions.read([session_id])[0]
        return found.value if found else None

    def follow(self, *acknowledged: int) -> None:
        """Live clients that have acknowledged these epochs."""
        self.live.followers = lambda: [
            RouteClient(f"client-{at}", "boot", epoch, 0, is_live=True) for at, epoch in enumerate(acknowledged)
        ]

    def expect_one_authority(self) -> None:
        """Clients that go by the newest record are accepted, and whoever could write by an older one elsewhere is not
        (PROTOCOL I1); fences and epochs never fell (I7)."""
        fences = {side: self.side(side).fences() for side in "ab"}
        for bucket in range(BUCKETS):
            now = self.record.at(bucket)
            assert PHASES[now.phase].may_write, f"bucket {bucket} is at {now.phase}"
            assert fences[now.authority][bucket] <= now.epoch
            for older in self.routes.published:
                part = older.at(bucket)
                if part.authority != now.authority and PHASES[part.phase].may_write:
                    assert fences[part.authority][bucket] > part.epoch
        epochs = [record.epoch for record in self.routes.published]
        assert epochs == sorted(set(epochs))


@dataclass
class InMemory(World):
    """`places` hold what the stores do; their clocks stand still until moved. `makes` opens a side otherwise."""

    opens: Mapping[str, Callable[[], RoutedStore]] = field(default_factory=dict)
    makes: Mapping[str, Callable[[MemoryPlace], RoutedStore]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {"a": MemoryPlace(), "b": MemoryPlace()}
        self.opens = {side: partial(self._make, side) for side in "ab"}
        super().__post_init__()

    def _make(self, side: str) -> RoutedStore:
        return self.makes.get(side, MemoryRoutedStore)(self.places[side])

    def let_pass(self, ms: int) -> None:
        """On both clocks."""
        for place in self.places.values():
            place.advance(ms)


@dataclass
class OnServers(World):
    """`places` are the targets of side a and b; stores and clients are real."""

    opens: Mapping[str, Callable[[], RoutedStore]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.opens = {side: partial(open_routed, target.config, target.secrets) for side, target in self.places.items()}
        super().__post_init__()

    @property
    def targets(self) -> dict[str, Target]:
        return {"source": self.places["a"], "target": self.places["b"]}

    def router(self, source: RouteSource | None = None, **values: Any) -> SessionRouter:
        """Of a client that goes by what `source` knows (without one: by the newest record)."""
        return SessionRouter(
            source or MemoryRouteSource(self.routes, ROUTE),
            {side: target.config for side, target in self.places.items()},
            secrets={side: target.secrets for side, target in self.places.items()},
            **values,
        )


def targets() -> dict[str, Target]:
    config = {"store": "sqlite", "path": "/nowhere/x.db"}
    return {
        role: Target(number, name, TargetKind.SESSION_STORE, "test", config)
        for number, (role, name) in enumerate((("source", "old"), ("target", "new")), 1)
    }


def ids_in(*buckets: int, count: int = 1) -> list[str]:
    """The first ids that fall into these buckets."""
    found = (name for name in map("id-{}".format, range(1_000_000)) if bucket_of(name) in buckets)
    return [next(found) for _ in range(count)]
