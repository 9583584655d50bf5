"""The pool as it is in the end: its size, and every worker's release and health, by asking."""

import time
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.upgrade.actions.rolling import opened, release_of
from migrations_app.handlers.upgrade.parameters import POOL
from migrations_app.handlers.upgrade.steps import NOTE
from migrations_app.pools.base import Health, PoolDriver, PoolView, Release

# One answer that comes late, or a worker that is started again just now, takes no upgrade back.
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.5


class Confirm(Action):
    """Result: workers, serving, version, generation."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        release, expected = release_of(ctx.step.parameters["release"]), ctx.results[NOTE]["expected"]
        until = time.monotonic() + PATIENCE_SECONDS
        with opened(ctx, read_only=True) as pool:
            view, lacking = _look(pool, release, expected)
            while lacking and time.monotonic() < until:
                time.sleep(LOOK_SECONDS)
                view, lacking = _look(pool, release, expected)
        if lacking:
            raise ValidationFailed(
                f"{ctx.targets[POOL].name} is not as it should be, for {PATIENCE_SECONDS:g} s: {'; '.join(lacking)}."
            )
        return {"workers": len(view.workers), "serving": view.serving, **release.as_dict()}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with opened(ctx, read_only=True) as pool:
            return {"serving": pool.view().serving}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)


def _look(pool: PoolDriver, release: Release, expected: int) -> tuple[PoolView, list[str]]:
    """What is there, and what is not as it should be."""
    view = pool.view()
    unwell = [worker.id for worker in view.workers if pool.health(worker.id) is not Health.HEALTHY]
    others = [worker.id for worker in view.workers if worker.release != release]
    lacking = [
        *([f"{', '.join(others)} run another release"] if others else []),
        *([f"{', '.join(unwell)} are not healthy"] if unwell else []),
        *([f"{view.serving} of {expected} serve"] if view.serving != expected else []),
    ]
    return view, lacking
