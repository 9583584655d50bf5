"""Put the helper on the node and let its session server mark what changes."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import writing


class Watch(Action):
    """Result: empty. What this puts on the node stays until the run completes or is undone."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        name = ctx.targets[SOURCE].name
        with handing_over(ctx) as over:
            if why := over.why_not():
                raise StepFailed(f"“{name}” cannot be handed over while it serves: {why}. Nothing was changed there.")
            with writing(ctx, SOURCE):  # raises the fence: what an earlier driver still wants to bring back is refused
                over.watch()
            if not over.watches():
                raise StepFailed(f"The session server of “{name}” does not mark its calls; it goes on as it was.")
        return {}

    def undo(self, ctx: ActionContext) -> None:
        with handing_over(ctx) as over:
            over.leave()
        runs = dict.fromkeys((ctx.effect_run_id, ctx.run_id))
        with writing(ctx, SOURCE) as source:
            source.withdraw(ctx.worker, [run_scope(run_id) for run_id in runs])

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (
            f"On the node of “{ctx.targets[SOURCE].name}” call sys:no_debug on the session server, then delete the "
            "module snakeweb_node. Or start the node again when its sessions may go.",
        )
