"""Beside the steps: logs are kept small, and what a dead worker took from anybody is given back.

It goes on while a run waits for a person, which may be days, and ends with the logs.
"""

from datetime import datetime, timedelta

from migrations_app.engine.background import Background, BackgroundContext
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.stores.tables.changes.opening import open_change_log

KEEPER = "change_log"
REST = timedelta(seconds=10)
MANY = 100_000  # changes: fewer are not worth looking through


class Keeper(Background):
    def drive(self, ctx: BackgroundContext) -> datetime | None:
        there = [self._keep(ctx, role) for role in (SOURCE, TARGET)]
        return ctx.clock.now() + REST if any(there) else None

    def _keep(self, ctx: BackgroundContext, role: str) -> bool:
        """Whether the run has a log there."""
        target = ctx.targets[role]
        with open_change_log(target.config, target.secrets, run=ctx.run_id) as log:
            if not log.installed():
                return False
            if log.give_back(None, overdue=True):
                ctx.log.warning(f"The stop of “{target.name}” was over; its roles may write again.")
            ctx.alive()
            if log.pending().changes > MANY and (removed := log.compact()):
                ctx.log.info(f"{removed:,} changes of “{target.name}” were noted more than once and left out.")
        return True
