"""The two stores of a route, open for a driver: side `a` is the source, side `b` the target."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.plan import Target
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.route import SIDE_A, SIDE_B
from migrations_app.stores.routed.base import RoutedStore
from migrations_app.stores.routed.opening import open_routed

UNSURE_MS = 5  # a server's clock is known to about half a round trip


@dataclass(frozen=True, slots=True)
class Pair:
    """`worker`'s fence is raised in both: drivers before it write nothing any more."""

    a: RoutedStore
    b: RoutedStore
    worker: WorkerToken

    def side(self, name: str) -> RoutedStore:
        return {SIDE_A: self.a, SIDE_B: self.b}[name]

    def other(self, name: str) -> RoutedStore:
        return {SIDE_A: self.b, SIDE_B: self.a}[name]

    def skew_ms(self) -> int:
        """Side b's clock minus side a's. 0 where b's may lie between two readings of a's: asking takes time, too."""
        before, there, after = self.a.now_ms(), self.b.now_ms(), self.a.now_ms()
        return 0 if before - UNSURE_MS <= there <= after + UNSURE_MS else there - (before + after) // 2

    def mirror(self, document: str, epoch: int) -> None:
        self.a.mirror(document, epoch, self.worker)
        self.b.mirror(document, epoch, self.worker)


@contextmanager
def opened(targets: Mapping[str, Target], worker: WorkerToken) -> Iterator[Pair]:
    """Raises LeaseLost when a later driver was there first, DependencyUnavailable when a store does not answer."""
    if not guard_is_on("worker_fence"):
        worker = WorkerToken(worker.scope, 1)  # every driver looks like the first one
    source, target = targets[SOURCE], targets[TARGET]
    with open_routed(source.config, source.secrets) as a, open_routed(target.config, target.secrets) as b:
        a.sessions.raise_worker_fence(worker)
        b.sessions.raise_worker_fence(worker)
        yield Pair(a, b, worker)
