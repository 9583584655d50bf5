"""Bring what changed since the copy began, pass after pass, until what waits is young."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.live.pair import opened, require_room, require_whole
from migrations_app.handlers.data.parameters import SOURCE


class CatchUpStep(Action):
    """Result: changes (carried), remaining and lag_ms at its end."""

    not_proven = "That changes are noted and brought over: a rehearsal makes no triggers."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        carried = ctx.checkpoint.get("changes", 0)
        name, most = ctx.targets[SOURCE].name, ctx.parameters["most_log_bytes"]
        with opened(ctx) as pair:
            work = pair.catch_up()
            while True:
                require_whole(pair.log, name)
                require_room(pair.log, name, most)
                now = work.once()
                carried += now.changes
                ctx.progress.save(
                    {"changes": carried},
                    done=carried,
                    total=carried + now.remaining,
                    unit="changes",
                    counters={"changes": carried, "waiting": now.remaining, "lag_ms": now.lag_ms},
                )
                if now.lag_ms <= ctx.parameters["lag_limit_ms"]:
                    require_whole(pair.log, name)
                    return {"changes": carried, "remaining": now.remaining, "lag_ms": now.lag_ms}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: what was brought goes with what was copied.",)
