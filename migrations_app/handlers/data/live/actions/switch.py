"""Nothing is done here: a person has pointed the services at the target, and says so before this step begins."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.live.pair import change_log, require_whole
from migrations_app.handlers.data.parameters import SOURCE, TARGET


class Switch(Action):
    """Result: written (changes that the target has got by now)."""

    not_proven = "That the services can be pointed at the target: that is their own deployment's."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with change_log(ctx, SOURCE, read_only=True) as log, change_log(ctx, TARGET, read_only=True) as back:
            if not log.guarded():
                raise StepFailed(
                    f"“{ctx.targets[SOURCE].name}” takes writes again, which nobody brings over: somebody dropped the "
                    "triggers snakeweb_closed*. Roll back, which brings what the target has got to the source."
                )
            require_whole(back, ctx.targets[TARGET].name)
            return {"written": back.pending().changes}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Point the services at “{ctx.targets[SOURCE].name}” again.",)
