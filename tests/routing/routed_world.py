"""Two stores in memory under one route, moved from phase to phase as the control plane does it."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.record import to_document
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource, RouteSource
from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, RoutedStore
from migrations_app.testing.memory import MemoryRoutes
from migrations_app.testing.routed_memory import MemoryRoutedStore
from migrations_app.testing.session_memory import MemoryPlace

ROUTE = "web"
WORKER = WorkerToken("run:1", 1)
CONFIGS = {"a": {"side": "a"}, "b": {"side": "b"}}
HOUR_MS = 3_600_000


class RoutedWorld:
    """`opened` counts how often a side was opened, `open` how many stores are open now."""

    def __init__(self) -> None:
        self.places = {"a": MemoryPlace(), "b": MemoryPlace()}
        self.routes = MemoryRoutes()
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        for side in self.places:
            self.store(side).sessions.raise_worker_fence(WORKER)
        self.publish(RoutePhase.PLAIN_A, "a", fenced=False)

    @property
    def record(self) -> RouteRecord:
        return self.routes.get(ROUTE)

    def publish(self, phase: RoutePhase, authority: str, **values: Any) -> RouteRecord:
        known = self.routes.get(ROUTE)
        epoch = known.epoch if known else 0
        record = RouteRecord(ROUTE, epoch + 1, phase, authority, **{"fenced": True, **values})
        return self.routes.publish(record, expected_epoch=epoch or None)

    def publish_canary(self, last: int, phase: RoutePhase, authority: str) -> RouteRecord:
        """Buckets 0 to `last` in another phase than the rest, which stays in DUAL_A."""
        epoch = self.record.epoch
        buckets = (
            BucketRange(0, last, phase, epoch + 1, authority),
            BucketRange(last + 1, BUCKETS - 1, RoutePhase.DUAL_A, 2, "a"),
        )
        record = RouteRecord(ROUTE, epoch + 1, RoutePhase.DUAL_A, "a", buckets=buckets, fenced=True)
        return self.routes.publish(record, expected_epoch=epoch)

    def join(self) -> None:
        """Both stores join, and the route goes into JOURNAL_A."""
        self.publish(RoutePhase.JOURNAL_A, "a")
        for side in self.places:
            self.store(side).join(WORKER, route=ROUTE, fence=0, document="", epoch=0)
        self.mirror()

    def mirror(self) -> None:
        for side in self.places:
            self.store(side).mirror(json.dumps(to_document(self.record)), self.record.epoch, WORKER)

    def raise_fences(self, side: str, buckets: Any = ALL_BUCKETS) -> None:
        self.store(side).raise_fence(buckets, self.record.epoch, WORKER)

    def switch(self, authority: str = "b") -> None:
        """Everything of the other side is carried over, then the authority moves."""
        other = "a" if authority == "b" else "b"
        self.publish(RoutePhase.HANDOFF, other)
        self.raise_fences(other)
        source = self.store(other)
        self.store(authority).adopt(source.fetch(list(self.places[other].rows)), WORKER)
        self.publish(RoutePhase.DUAL_B if authority == "b" else RoutePhase.DUAL_A, authority)
        for side in self.places:
            self.raise_fences(side)
        self.mirror()

    def store(self, side: str) -> MemoryRoutedStore:
        return MemoryRoutedStore(self.places[side])

    def open_store(self, config: Any, secrets: Any) -> RoutedStore:
        return Counted(self, config["side"])

    def source(self) -> "HeldSource":
        return HeldSource(self.routes, ROUTE)

    def router(self, source: RouteSource | None = None, **values: Any) -> SessionRouter:
        chosen = source or MemoryRouteSource(self.routes, ROUTE)
        return SessionRouter(chosen, CONFIGS, open_store=self.open_store, **{"retry_budget_seconds": 10.0, **values})

    def holds(self, side: str, session_id: str) -> Any:
        record = self.store(side).read(session_id, None)
        return record.value if record else None


class Counted(MemoryRoutedStore):
    """Says when it is opened and closed."""

    def __init__(self, world: RoutedWorld, side: str) -> None:
        super().__init__(world.places[side])
        self._world, self._side = world, side
        world.opened[side] += 1

    def close(self) -> None:
        self._world.closed[self._side] += 1


class HeldSource(MemoryRouteSource):
    """Learns of a new record when it is refreshed or offered one, not by itself. `answers` False: a silent control
    plane."""

    def __init__(self, routes: MemoryRoutes, name: str) -> None:
        super().__init__(routes, name)
        self.answers = True
        self.asked = 0
        self.refresh()

    def current(self) -> RouteRecord:
        return RouteSource.current(self)

    def acknowledged(self) -> int:
        return RouteSource.acknowledged(self)

    def refresh(self) -> bool:
        self.asked += 1
        return super().refresh() if self.answers else False

    def wait_beyond(self, epoch: int, seconds: float) -> bool:
        return RouteSource.wait_beyond(self, epoch, seconds)


def soon(**values: float) -> datetime:
    return datetime.now(UTC) + timedelta(**values)


def guard(record: RouteRecord, *, journaled: bool = True) -> Guard:
    return Guard(record.epoch, journaled)
