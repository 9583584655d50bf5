"""The ways by which a node's forwarder reaches a store in tests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_app.beam import code
from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.node.ways import PHASE_RULES
from migrations_app.handlers.session.zero_downtime.publishing import document_of
from migrations_app.stores.routed.base import RoutedStore
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.routed.redis.lending import settings_of
from migrations_app.stores.sessions.beam.hand_over import Way
from tests.routing.control_plane import ROUTE, STORES
from tests.routing.gateway_process import SECRET

WORKER = WorkerToken("run:7", 1)


@dataclass
class FencedRedis:
    """A Redis store under a route that leads to it."""

    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    record: RouteRecord = field(default_factory=lambda: RouteRecord(ROUTE, 5, RoutePhase.SINGLE_B, "b", STORES))

    def join(self) -> "FencedRedis":
        with self.opened() as store:
            document = document_of(self.record)
            store.join(WORKER, route=ROUTE, fence=self.record.epoch, document=document, epoch=self.record.epoch)
        return self

    def way(self, **changes: Any) -> Way:
        guard = {"store": "new", "epoch": self.record.epoch, "phases": PHASE_RULES}
        return Way(code.REDIS, "Redis", {**settings_of(self.config, self.secrets), **guard, **changes})

    def publish(self, phase: RoutePhase, authority: str = "b", stores: Mapping[str, str] = STORES) -> None:
        """As a driver does in the store: the mirror, and a fence that refuses everything before."""
        self.record = replace(self.record, epoch=self.record.epoch + 1, phase=phase, authority=authority, stores=stores)
        with self.opened() as store:
            store.mirror(document_of(self.record), self.record.epoch, WORKER)
            store.raise_fence(range(256), self.record.epoch, WORKER)

    @contextmanager
    def opened(self) -> Iterator[RoutedStore]:
        with open_routed(self.config, self.secrets) as store:
            store.sessions.raise_worker_fence(WORKER)
            yield store


def gateway_way(url: str, token: str = SECRET) -> Way:
    return Way(code.GATEWAY, f"the gateway at {url}", {"url": url, "token": token})
