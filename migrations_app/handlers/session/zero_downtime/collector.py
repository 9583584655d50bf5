"""Guarded collection of tombstones (PROTOCOL 5.6).

A tombstone may go when nobody can bring an older record of its session any more: the backfill is over and its late
drivers are shut out, both journals owe nothing of it, and it is older than any pass or request may last. The caller
has seen that the relay is alive: its fence then shuts out every earlier relay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.stores.routed.base import Mark, RoutedStore, Tombstone, bucket_of

COLLECT_AFTER_MS = 600_000  # ten minutes: above the longest batch, lease and request together
PAGE = 500


@dataclass(frozen=True, slots=True)
class Collector:
    pair: Pair
    worker: WorkerToken
    least_age_ms: int = COLLECT_AFTER_MS

    def collect(self) -> int:
        """One round over both sides. Returns how many tombstones went."""
        return sum(self._collect(side) for side in ("b", "a"))

    def _collect(self, side: str) -> int:
        store, gone, cursor = self.pair.side(side), 0, ""
        while True:
            page, cursor = store.tombstones(cursor, PAGE)
            ids = [tombstone.id for tombstone in page]
            owed = self.pair.a.marked(ids) | self.pair.b.marked(ids) if ids else set()
            now = store.now_ms()
            old = [
                tombstone
                for tombstone in page
                if not guard_is_on("tombstone_guard")
                or (tombstone.id not in owed and now - tombstone.since_ms >= self.least_age_ms)
            ]
            if not guard_is_on("tombstone_guard"):
                _acknowledge(store, old, self.worker)
            gone += store.forget(old, self.worker) if old else 0
            if not cursor:
                return gone


def _acknowledge(store: RoutedStore, tombstones: Sequence[Tombstone], worker: WorkerToken) -> None:
    """The stores too keep a tombstone that is owed; for the tests that take the guard away it must not be."""
    store.acknowledge([Mark(each.id, bucket_of(each.id), each.version, each.since_ms) for each in tombstones], worker)
