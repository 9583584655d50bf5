"""Rolling a pool in waves while it serves: every worker is stopped once, and started again, in another release where
the pool knows versions.

Before each wave the pool is whole, has a worker to spare and nobody queues; each worker of it is held (it gets no new
requests) and has nothing in its hands. After each wave others are there and healthy, and the pool is whole again.
Workers that do not serve are changed first, for that costs nothing. What is to be done is read from the pool itself
before each wave, so whoever goes on behind a roll that died needs to know little: who should run what.

Where there is a surge, extra workers of the new release start first, and are retired last. A roll that fails goes back
the same way, in waves; then nobody waits for a worker to spare.

Snakepit has no call that drains a worker. Holding makes up for it where the node can (`expressions.py`): nothing is
handed to a held worker, so stopping it fails no request. Where the node cannot, a request may be handed to the worker
between the look at it and its stop: the worker answers “Worker shutting down”, or the caller gets “Worker process
exited”. Such stops are counted (`Report.unguarded`); it is not known of any whether a request was hit. A worker that
always has a request there (Snakepit takes the first free one by name) is left alone, and the roll ends with that.

Snakepit's own refilling may start a second worker behind a recycled one. Then one that the pool does not count is
held, waited for and stopped, so that the pool has as many as in the beginning, and never more than one above that.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from migrations_app.engine.errors import MigrationError, RollbackFailed
from migrations_app.pools.base import PoolDriver, PoolProbe, RecycleFailed, Release, RollStopped
from migrations_app.pools.roll_report import Checkpoint, Report, Stage
from migrations_app.pools.strategy import Strategy, planned
from migrations_app.pools.watch import OnProgress, Watch
from migrations_app.pools.waves import WaveFailed, Waves


def roll(
    driver: PoolDriver,
    *,
    to: Release | None = None,
    strategy: Strategy | None = None,
    on_progress: OnProgress,
    checkpoint: Checkpoint | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Bring every worker of the pool to the release `to`; None recycles those that it has now, where the pool knows no
    versions. A checkpoint is gone on from, whichever way it was going; what it says counts, not `to`.

    `on_progress` is called before and after each wave and while there is waiting; what it raises ends the roll there:
    it stops between two waves, and workers that were only held serve on. Raises ValidationFailed and PoolTooSmall
    before anything is changed; RollStopped when the release failed and what ran before is back; RollbackFailed when
    that failed too; RecycleFailed when it ended where it was (no versions, no answer, or by the strategy's choice).
    The three last carry `done`, `left` and `checkpoint` in their details, DependencyUnavailable nothing: the pool did
    not answer the first question.
    """
    strategy, probe = strategy or Strategy(), driver.probe()
    if checkpoint is None:
        plan = planned(probe, to, strategy)
        waiting = tuple(worker for wave in plan.waves for worker in wave)
        checkpoint = Checkpoint(plan.expected, waiting, to=to, back=plan.back)
    return _Roll(_watch(driver, probe, strategy, on_progress, checkpoint, monotonic, sleep), strategy, probe).forth()


def roll_back(
    driver: PoolDriver,
    *,
    checkpoint: Checkpoint,
    strategy: Strategy | None = None,
    on_progress: OnProgress,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Bring back what ran before the roll of this checkpoint, finished or not, in waves. May be called again after it
    was interrupted, with the same checkpoint. Raises RollbackFailed, and RecycleFailed when the pool does not answer.
    """
    strategy, probe = strategy or Strategy(), driver.probe()
    checkpoint = replace(checkpoint, turned=checkpoint.turned or "It was asked for.")
    watch = _watch(driver, probe, strategy, on_progress, checkpoint, monotonic, sleep)
    return _Roll(watch, strategy, probe).back()


def _watch(
    driver: PoolDriver,
    probe: PoolProbe,
    strategy: Strategy,
    on_progress: OnProgress,
    checkpoint: Checkpoint,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> Watch:
    view = probe.view
    return Watch(driver, strategy.limits, on_progress, checkpoint, view, view.serving, monotonic, sleep)


class _Roll:
    def __init__(self, watch: Watch, strategy: Strategy, probe: PoolProbe) -> None:
        self._watch = watch
        self._strategy = strategy
        self._waves = Waves(watch, strategy, probe.refill_seconds)

    def forth(self) -> Report:
        self._watch.say(Stage.DONE, "")
        point = self._watch.checkpoint
        if not point.turned:
            try:
                self._waves.bring(point.to)
                return self._report()
            except WaveFailed as failure:
                if not failure.turns or point.to is None or not self._strategy.roll_back:
                    raise self._error(RecycleFailed, str(failure)) from failure
                self._watch.checkpoint = replace(self._watch.checkpoint, turned=str(failure))
            self._watch.say(Stage.TURNED, "")
        self._bring_back()
        why = self._watch.checkpoint.turned
        raise self._error(RollStopped, f"{why} What had been changed runs {point.back} again.")

    def back(self) -> Report:
        self._watch.say(Stage.TURNED, "")
        self._bring_back()
        return self._report()

    def _bring_back(self) -> None:
        point = self._watch.checkpoint
        if point.back is None:
            raise self._error(RollbackFailed, "The pool knows no versions, so there is nothing to go back to.")
        try:
            self._waves.bring(point.back, turned=True)
        except WaveFailed as failure:
            kind = RollbackFailed if failure.turns else RecycleFailed
            raise self._error(kind, f"Going back to {point.back}: {failure}") from failure

    def _report(self) -> Report:
        point = self._watch.checkpoint
        return Report(tuple(self._waves.done), point.waiting, point.unguarded, point.cut, self._watch.least)

    def _error(self, kind: type[MigrationError], why: str) -> MigrationError:
        done, point = self._waves.done, self._watch.checkpoint
        details = {
            "done": [one.worker for one in done],
            "left": list(point.waiting),
            "checkpoint": point.as_dict(),
        }
        if kind is RollStopped:
            return RollStopped(why, details=details)
        actions = ("Look at the pool's log for the cause.", "Go on from the checkpoint when it is mended.")
        counts = f"{len(done)} were recycled, {len(point.waiting)} were left."
        return kind(f"{why} {counts}", details=details, recovery_actions=actions)
