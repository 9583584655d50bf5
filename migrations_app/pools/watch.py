"""Looking at a pool until something is as it should be, and saying so meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, ValidationFailed
from migrations_app.pools.base import PoolDriver, PoolIsReadOnly, PoolMissing, PoolView
from migrations_app.pools.roll_report import Checkpoint, RollProgress, Stage
from migrations_app.pools.strategy import Limits

_AWAY = (DependencyUnavailable, PoolMissing)  # a node that starts again has no pool yet
_REFUSED = (ValidationFailed, InsufficientResources)
OnProgress = Callable[[RollProgress], None]


class Halted(Exception):
    """It came to nothing. `away`: because the pool does not answer, so nothing is known of its health."""

    def __init__(self, why: str, *, away: bool = False) -> None:
        super().__init__(why)
        self.away = away


@dataclass
class Watch:
    """`view`: the last look. `least`: the fewest workers that served in any look."""

    driver: PoolDriver
    limits: Limits
    on_progress: OnProgress
    checkpoint: Checkpoint
    view: PoolView
    least: int
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    said_at: float = float("-inf")

    def until(self, seconds: float, stage: Stage, worker: str, missing: Callable[[PoolView], str]) -> PoolView:
        """The view in which nothing is missing. A pool that does not answer is asked again, so `missing` may change it:
        whether a lost call took effect is seen in the next look. Raises Halted; what `on_progress` raises passes."""
        deadline, said = self.monotonic() + seconds, False
        while True:
            view, lacks = self._seen()
            away = view is None
            if (view and not said) or self.monotonic() - self.said_at >= self.limits.report_seconds:
                self.say(stage, worker)
                said = view is not None or said
            if view:
                try:
                    lacks = missing(view)
                except _AWAY as error:
                    lacks, away = error.message, True
                except PoolIsReadOnly:
                    raise
                except _REFUSED as error:
                    raise Halted(error.message) from error
                if not lacks:
                    return view
            if self.monotonic() >= deadline:
                raise Halted(f"after {seconds:g} s {lacks}", away=away)
            self.sleep(self.limits.poll_seconds)

    def look(self) -> PoolView:
        """One view, without a word when it comes at once. Raises Halted."""
        view, _ = self._seen()
        return view or self.until(self.limits.replacement_seconds, Stage.REPLACEMENT, "", lambda _: "")

    def say(self, stage: Stage, worker: str) -> None:
        self.said_at = self.monotonic()
        self.on_progress(RollProgress(self.checkpoint, stage, worker, self.view))

    def _seen(self) -> tuple[PoolView | None, str]:
        try:
            view = self.driver.view()
        except _AWAY as error:
            return None, error.message
        self.view, self.least = view, min(self.least, view.serving)
        return view, ""
