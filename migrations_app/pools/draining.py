"""Taking workers out: each is held, has nothing in its hands, and is stopped; never so many that too few serve."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from migrations_app.engine.errors import MigrationError
from migrations_app.pools.base import Outcome, PoolView, Worker
from migrations_app.pools.roll_report import End, Stage
from migrations_app.pools.strategy import AfterDeadline
from migrations_app.pools.watch import Halted, Watch

HOLD_SECONDS = 15.0  # renewed while it is needed; when we die the worker serves again after so long
Stop = Callable[[str, bool], Outcome]  # a worker's id, and whether by force


@dataclass
class Drain:
    """Of one wave. `is_old`: whether a worker is one to stop still, for a stopped place may go on under its name."""

    watch: Watch
    minimum: int
    after_deadline: AfterDeadline
    is_old: Callable[[Worker], bool]
    stop: Stop
    attempts: dict[str, int] = field(default_factory=dict)
    held: dict[str, bool] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    force_at: float = float("inf")

    def run(self, workers: Sequence[str]) -> dict[str, tuple[End, bool]]:
        """How it ended for each, and whether no request can have failed. Those that are not stopped are released."""
        limits, pending = self.watch.limits, list(workers)
        seconds = limits.idle_seconds
        if self.after_deadline is AfterDeadline.WAIT:
            seconds = float("inf")
        elif self.after_deadline is AfterDeadline.STOP:
            self.force_at = self.watch.monotonic() + seconds
            seconds += limits.replacement_seconds
        try:
            self.watch.until(seconds, Stage.IDLE, ", ".join(workers), lambda view: self._look(view, pending))
        except BaseException:
            for worker in pending:
                with suppress(MigrationError):
                    self.watch.driver.release(worker)
            raise
        ends = {worker: self._end(worker) for worker in workers}
        point, unguarded = self.watch.checkpoint, sum(not guarded for _, guarded in ends.values())
        cut = point.cut + sum(self.cut.values())
        self.watch.checkpoint = replace(point, unguarded=point.unguarded + unguarded, cut=cut)
        return ends

    def _end(self, worker: str) -> tuple[End, bool]:
        if not self.attempts.get(worker):
            return End.ALREADY_GONE, True
        # An attempt whose answer was lost may have been the one.
        return End.RECYCLED, self.held[worker] and not self.cut.get(worker)

    def _look(self, view: PoolView, pending: list[str]) -> str:
        lacks = []
        free = view.serving - self.minimum
        for worker in list(pending):
            found = view.worker(worker)
            if found is None or not self.is_old(found):
                pending.remove(worker)
                continue
            if found.serves:
                if free <= 0:
                    lacks.append(f"only {view.serving} workers serve, and the worker {worker} is needed")
                    continue
                free -= 1
            elif found.ready and free < 0:
                self.watch.driver.release(worker)  # another one was lost meanwhile
                free += 1
                lacks.append(f"only {view.serving} workers serve, and the worker {worker} is needed again")
                continue
            if lacking := self._stopped(found, view):
                lacks.append(lacking)
            else:
                pending.remove(worker)
        return "; ".join(lacks)

    def _stopped(self, found: Worker, view: PoolView) -> str:
        """What is in the way of stopping it, '' when it is being stopped."""
        worker, force = found.id, self.watch.monotonic() >= self.force_at
        held = self.held[worker] = self.watch.driver.hold(worker, HOLD_SECONDS)
        requests = view.requests_of(found)
        if requests and not force:
            lacking = "" if held else ", and the node has no means to keep new ones from it"
            return f"the worker {worker} has {requests} request(s) in its hands{lacking}"
        self.attempts[worker] = self.attempts.get(worker, 0) + 1
        outcome = self.stop(worker, force)
        if outcome is Outcome.POOL_MISMATCH:
            raise Halted(f"The worker {worker} belongs to another pool")
        if outcome is Outcome.GONE:
            return f"nobody on the node manages the worker {worker}, which lives"
        if outcome is Outcome.BUSY:
            return f"the worker {worker} got another request"
        self.cut[worker] = requests
        return ""
