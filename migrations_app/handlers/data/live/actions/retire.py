"""Remove both change logs, and with them the way back."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.live.actions.install import LOCK_SECONDS
from migrations_app.handlers.data.live.pair import change_log
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.stores.tables.changes.base import Patience


class Retire(Action):
    """Result: written (changes at the target that a rollback would have brought back; 0 when it was done before)."""

    not_proven = "That the change logs can be removed."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        patience = Patience(seconds=LOCK_SECONDS, alive=ctx.progress.alive)
        with change_log(ctx, TARGET) as back:
            written = back.pending().changes if back.installed() else 0
            back.remove(ctx.worker, patience)
        reach("data.live.retired")
        with change_log(ctx, SOURCE) as log:
            log.remove(ctx.worker, patience)
        return {"written": written}
