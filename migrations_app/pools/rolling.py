"""Recycling a pool's workers one by one, while it serves.

Before each: the pool is whole, has a worker to spare and nobody queues; the worker is held (it gets no new requests)
and has nothing in its hands. After each: another worker is there and healthy, and the pool is whole again.

Snakepit has no call that drains a worker. Holding makes up for it where the node can (`expressions.py`): nothing is
handed to a held worker, so stopping it fails no request. Where the node cannot, a request may be handed to the worker
between the look at it and its stop: the worker answers “Worker shutting down”, or the caller gets “Worker process
exited”. Such stops are counted (`Report.unguarded`); it is not known of any whether a request was hit. A worker that
always has a request there (Snakepit takes the first free one by name) is left alone, and the roll ends with that.

The pool's own refilling may start a second worker behind a recycled one. Then one that the pool does not count is
held, waited for and stopped, so that the pool has as many as in the beginning, and never more than one above that.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from migrations_app.engine.errors import DependencyUnavailable, MigrationError
from migrations_app.pools.base import (
    Health,
    Outcome,
    PoolDriver,
    PoolMissing,
    PoolTooSmall,
    PoolView,
    RecycleFailed,
)
from migrations_app.pools.roll_report import Checkpoint, End, Limits, Recycled, Report, RollProgress, Stage

_AWAY = (DependencyUnavailable, PoolMissing)  # a node that starts again has no pool yet
HOLD_SECONDS = 15.0  # renewed while it is needed; when we die the worker serves again after so long
OnProgress = Callable[[RollProgress], None]


def roll(
    driver: PoolDriver,
    *,
    limits: Limits | None = None,
    on_progress: OnProgress,
    checkpoint: Checkpoint | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Recycle every worker that the pool has now or, with a checkpoint, those that it still names.

    `on_progress` is called before and after each worker and while there is waiting; what it raises ends the roll there:
    it stops between two workers, and a worker that was only held serves on. Raises PoolTooSmall, and RecycleFailed
    with the report of what was done and what was left in its details (`done`, `left`, `checkpoint`).
    """
    return _Roll(driver, limits or Limits(), on_progress, monotonic, sleep).run(checkpoint)


class _Late(Exception):
    """A wait has taken too long."""


@dataclass
class _Roll:
    driver: PoolDriver
    limits: Limits
    on_progress: OnProgress
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    checkpoint: Checkpoint = field(default_factory=lambda: Checkpoint(0, ()))
    refill_seconds: float = 0.0
    said_at: float = float("-inf")
    done: list[Recycled] = field(default_factory=list)
    proven: set[str] = field(default_factory=set)

    def run(self, checkpoint: Checkpoint | None) -> Report:
        probe = self.driver.probe()
        self.refill_seconds = probe.refill_seconds
        names = tuple(worker.id for worker in probe.view.workers)
        self.checkpoint = checkpoint or Checkpoint(len(names), names)
        if self.checkpoint.expected < 2 and self.checkpoint.waiting:
            raise PoolTooSmall
        self._say(Stage.DONE, "", probe.view)
        while self.checkpoint.waiting:
            self._one(self.checkpoint.waiting[0])
        return self._report()

    def _report(self) -> Report:
        return Report(tuple(self.done), self.checkpoint.waiting, self.checkpoint.unguarded)

    def _one(self, worker: str) -> None:
        began = self.monotonic()
        try:
            end, guarded = self._stopped(worker)
            view = self._restored(worker)
        except (_Late, RecycleFailed) as error:
            raise self._failed(worker, str(error)) from error
        self.checkpoint = replace(
            self.checkpoint, waiting=self.checkpoint.waiting[1:], recycled=self.checkpoint.recycled + 1
        )
        self.done.append(Recycled(worker, end, guarded, self.monotonic() - began))
        self._say(Stage.DONE, worker, view)

    def _stopped(self, worker: str) -> tuple[End, bool]:
        """The old worker is being stopped, or was. It is held from the moment on in which the pool can spare it."""
        self._until(self.limits.spare_seconds, Stage.SPARE, worker, self._spared(worker))
        return self._emptied(worker, self.driver.recycle)

    def _emptied(self, worker: str, stop: Callable[[str], Outcome]) -> tuple[End, bool]:
        """Hold it until it has nothing in its hands, and stop it. Released when that does not come about."""
        attempts, held, outcome = 0, False, Outcome.BUSY

        def stopped(view: PoolView) -> str:
            nonlocal attempts, held, outcome
            found = view.worker(worker)
            if found is None:
                outcome = Outcome.GONE
                return ""
            held = self.driver.hold(worker, HOLD_SECONDS)
            if requests := view.requests_of(found):
                lacking = "" if held else ", and the node has no means to keep new ones from it"
                return f"the worker {worker} has {requests} request(s) in its hands{lacking}"
            attempts += 1
            outcome = stop(worker)
            if outcome is Outcome.POOL_MISMATCH:
                raise RecycleFailed(f"The worker {worker} belongs to another pool")
            if outcome is Outcome.GONE:
                return f"nobody on the node manages the worker {worker}, which lives"
            return "" if outcome is Outcome.ACCEPTED else f"the worker {worker} got another request"

        try:
            self._until(self.limits.idle_seconds, Stage.IDLE, worker, stopped)
        except BaseException:
            with suppress(MigrationError):
                self.driver.release(worker)
            raise
        if not held and attempts:
            self.checkpoint = replace(self.checkpoint, unguarded=self.checkpoint.unguarded + 1)
        # An attempt whose answer was lost may have been the one.
        return (End.RECYCLED if attempts else End.ALREADY_GONE), held or not attempts

    def _spared(self, worker: str) -> Callable[[PoolView], str]:
        def missing(view: PoolView) -> str:
            if view.worker(worker) is None:
                return ""
            if view.serving < self.checkpoint.expected:
                return f"the pool has {view.serving} of {self.checkpoint.expected} workers"
            if view.statistics.queued:
                return f"{view.statistics.queued} requests wait in the pool's queue"
            idle = _idle(view, beside=worker)
            return "" if idle >= self.limits.spare else f"{idle} workers are free beside it, not {self.limits.spare}"

        return missing

    def _restored(self, worker: str) -> PoolView:
        """The pool without the old worker, whole and healthy, and with no more workers than before."""
        began = self.monotonic()
        old = set(self.checkpoint.waiting)

        def missing(view: PoolView) -> str:
            if view.worker(worker) is not None:
                return f"the worker {worker} still lives"
            if view.serving < self.checkpoint.expected:
                return f"the pool has {view.serving} of {self.checkpoint.expected} workers"
            for new in view.workers:
                if new.serves and new.id not in old and new.id not in self.proven:
                    health = self.driver.health(new.id)
                    if health is not Health.HEALTHY:
                        return f"the worker {new.id} is {health}"
                    self.proven.add(new.id)
            return ""

        self._until(self.limits.replacement_seconds, Stage.REPLACEMENT, worker, missing)

        def surplus(view: PoolView) -> str:
            if self.monotonic() - began < 1.5 * self.refill_seconds:
                return "the pool may start another one"
            starting = [one.id for one in view.workers if not one.ready]
            return f"the worker {starting[0]} is starting" if starting else ""

        view = self._until(self.limits.replacement_seconds, Stage.SURPLUS, worker, surplus)
        while view.serving > self.checkpoint.expected and (one := self._uncounted(view, old)):
            self._emptied(one, self.driver.retire)
            view = self._until(self.limits.replacement_seconds, Stage.SURPLUS, worker, _without(one))
        return view

    def _uncounted(self, view: PoolView, old: set[str]) -> str:
        """One that may go: not among those to recycle, and none that the pool would start again. '' for none."""
        return next((w.id for w in view.workers if w.id not in old and not self.driver.refilled(w.id)), "")

    def _until(self, seconds: float, stage: Stage, worker: str, missing: Callable[[PoolView], str]) -> PoolView:
        """The view in which nothing is missing. A node that does not answer is asked again. Raises _Late."""
        deadline = self.monotonic() + seconds
        first = True
        while True:
            view, lacks = self._seen()
            if view and (first or self.monotonic() - self.said_at >= self.limits.report_seconds):
                self._say(stage, worker, view)
                first = False
            if view:
                try:
                    lacks = missing(view)
                except _AWAY as error:
                    lacks = error.message
                if not lacks:
                    return view
            if self.monotonic() >= deadline:
                raise _Late(f"after {seconds:g} s {lacks}")
            self.sleep(self.limits.poll_seconds)

    def _seen(self) -> tuple[PoolView | None, str]:
        try:
            return self.driver.view(), ""
        except _AWAY as error:
            return None, error.message

    def _say(self, stage: Stage, worker: str, view: PoolView) -> None:
        self.said_at = self.monotonic()
        self.on_progress(RollProgress(self.checkpoint, stage, worker, view))

    def _failed(self, worker: str, why: str) -> RecycleFailed:
        done, left = len(self.done), len(self.checkpoint.waiting)
        return RecycleFailed(
            f"The worker {worker} could not be recycled: {why}. {done} were recycled, {left} were left.",
            details={
                "done": [one.worker for one in self.done],
                "left": list(self.checkpoint.waiting),
                "checkpoint": self.checkpoint.as_dict(),
            },
            recovery_actions=("Look at the node's log for the cause.", "Go on from the checkpoint when it is mended."),
        )


def _idle(view: PoolView, *, beside: str) -> int:
    """Free workers. Where the node does not say it of each, as the pool counts them."""
    others = [one for one in view.workers if one.id != beside and one.serves]
    if any(one.requests is None for one in others):
        return max(0, len(others) - view.statistics.busy)
    return sum(not one.requests for one in others)


def _without(worker: str) -> Callable[[PoolView], str]:
    return lambda view: f"the worker {worker} still lives" if view.worker(worker) else ""
