"""Workers beyond those that a pool should have: the second ones that it starts itself, and the surge at the end."""

from collections.abc import Callable
from dataclasses import dataclass

from migrations_app.pools.base import Outcome, PoolView
from migrations_app.pools.draining import Drain
from migrations_app.pools.roll_report import Stage
from migrations_app.pools.strategy import AfterDeadline
from migrations_app.pools.watch import Watch


@dataclass
class Surplus:
    watch: Watch
    refill_seconds: float

    def settle(self, worker: str, began: float) -> PoolView:
        """Behind a recycled worker: wait for a second one where the pool may start it, and retire that."""
        limits, waiting = self.watch.limits, self.watch.checkpoint.waiting

        def unsettled(view: PoolView) -> str:
            if self.watch.monotonic() - began < 1.5 * self.refill_seconds:
                return "the pool may start another one"
            starting = [one.id for one in view.workers if not one.ready]
            return f"the worker {starting[0]} is starting" if starting else ""

        view = self.watch.until(limits.replacement_seconds, Stage.SURPLUS, worker, unsettled)
        while view.serving > self.watch.checkpoint.expected:
            # Not among those to recycle, and none that the pool would start again.
            one = next((found.id for found in view.workers if found.extra and found.id not in waiting), "")
            if not one:
                break
            view = self.retire(one, minimum=0, after_deadline=AfterDeadline.GIVE_UP)
        return view

    def retire(self, worker: str, *, minimum: int, after_deadline: AfterDeadline) -> PoolView:
        """Raises Halted."""

        def stop(name: str, _force: bool) -> Outcome:
            return self.watch.driver.retire(name)

        Drain(self.watch, minimum, after_deadline, lambda _: True, stop).run([worker])
        return self.watch.until(self.watch.limits.replacement_seconds, Stage.SURPLUS, worker, _without(worker))


def _without(worker: str) -> Callable[[PoolView], str]:
    return lambda view: f"the worker {worker} still lives" if view.worker(worker) else ""
