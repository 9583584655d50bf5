"""The pool as it is in the end: its size, and every worker's release and health, by asking."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.upgrade.actions.rolling import opened, release_of
from migrations_app.handlers.upgrade.parameters import POOL
from migrations_app.handlers.upgrade.steps import NOTE
from migrations_app.pools.base import Health


class Confirm(Action):
    """Result: workers, serving, version, generation."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        release, expected = release_of(ctx.step.parameters["release"]), ctx.results[NOTE]["expected"]
        with opened(ctx, read_only=True) as pool:
            view = pool.view()
            health = {worker.id: pool.health(worker.id) for worker in view.workers}
        others = [worker.id for worker in view.workers if worker.release != release]
        unwell = [name for name, found in health.items() if found is not Health.HEALTHY]
        lacking = [
            *([f"{', '.join(others)} run another release"] if others else []),
            *([f"{', '.join(unwell)} are not healthy"] if unwell else []),
            *([f"{view.serving} of {expected} serve"] if view.serving != expected else []),
        ]
        if lacking:
            raise ValidationFailed(f"{ctx.targets[POOL].name} is not as it should be: {'; '.join(lacking)}.")
        return {"workers": len(view.workers), "serving": view.serving, **release.as_dict()}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with opened(ctx, read_only=True) as pool:
            return {"serving": pool.view().serving}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)
