"""A roll of the pool inside a step: its checkpoint is the step's, and a person's wish takes effect at each report."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from migrations_app import pools
from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.upgrade.parameters import POOL, strategy_of
from migrations_app.pools import PoolDriver
from migrations_app.pools.base import Release
from migrations_app.pools.roll_report import Checkpoint, Report, RollProgress, Stage
from migrations_app.pools.rolling import roll, roll_back
from migrations_app.pools.strategy import Strategy


def opened(ctx: ActionContext, *, read_only: bool = False) -> PoolDriver:
    target = ctx.targets[POOL]
    return pools.open_pool(target.config, target.secrets, read_only=read_only or ctx.read_only)


def release_of(given: Mapping[str, str]) -> Release:
    return Release(given["version"], given["generation"])


class _WaveIsThrough(Exception):
    """The wave whose time began in an earlier slice is through, or is no more: the next has all of its own."""


class Rolling:
    """One direction of a roll, slice by slice. `start` is where it begins when nothing is saved yet."""

    def __init__(self, ctx: ActionContext, start: Checkpoint, *, back: bool) -> None:
        self._ctx = ctx
        self._back = back
        saved = ctx.checkpoint
        self.point = Checkpoint.from_dict(saved["roll"]) if "roll" in saved else start
        self._drained = saved.get("workers", "")
        self._since = datetime.fromisoformat(saved["since"]) if saved.get("since") else None
        self._short = self._since is not None

    def run(self) -> Report:
        """Raises what `roll` and `roll_back` raise, and every interruption: then it goes on from the checkpoint."""
        do = roll_back if self._back else roll
        with opened(self._ctx) as pool:
            while True:
                try:
                    return do(pool, checkpoint=self.point, strategy=self._strategy(), on_progress=self._report)
                except _WaveIsThrough:
                    self._short = False

    def _strategy(self) -> Strategy:
        """A wave's drain may last over several slices: what is left of its time counts, not a new beginning."""
        full = strategy_of(self._ctx.step.parameters["strategy"])
        if self._since is None or not self._short:
            return full
        gone = (self._ctx.clock.now() - self._since).total_seconds()
        left = max(0.0, full.limits.idle_seconds - gone)
        return replace(full, limits=replace(full.limits, idle_seconds=left))

    def _report(self, progress: RollProgress) -> None:
        self.point = progress.checkpoint
        through = progress.stage is Stage.DONE and bool(progress.worker)
        another = progress.stage is Stage.IDLE and progress.worker != self._drained
        if another:
            self._drained, self._since = progress.worker, self._ctx.clock.now()
        if through:
            self._drained, self._since = "", None
            reach("upgrade.roll.wave")
        self._save(progress)
        if self._short and (through or another):
            raise _WaveIsThrough

    def _save(self, progress: RollProgress) -> None:
        view, expected = progress.view, self.point.expected
        state: dict[str, Any] = {"roll": self.point.as_dict(), "workers": self._drained}
        state["since"] = self._since.isoformat() if self._since else ""
        counters = {"serving": view.serving, "busy": view.statistics.busy, "queued": view.statistics.queued}
        begun = bool(self.point.waiting) or self.point.recycled > 0  # before the first look nobody is known to wait
        done = expected - len(self.point.waiting) if begun else 0
        self._ctx.progress.save(state, done=max(0, done), total=expected, unit="workers", counters=counters)
