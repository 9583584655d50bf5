"""Every worker to the new release, in waves, while the pool serves."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.upgrade.actions.rolling import Rolling, opened, release_of
from migrations_app.handlers.upgrade.parameters import strategy_of
from migrations_app.handlers.upgrade.steps import NOTE
from migrations_app.pools.roll_report import Checkpoint
from migrations_app.pools.strategy import planned


class Roll(Action):
    """Result: recycled, unguarded, cut, least (fewest that served in any look of the last slice), minimum.

    It is undone with `note_release`: a worker that goes back has to find its configuration.
    """

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        noted, to = ctx.results[NOTE], release_of(ctx.step.parameters["release"])
        start = Checkpoint(noted["expected"], (), to=to, back=release_of(noted["before"]))
        rolling = Rolling(ctx, start, back=False)
        report = rolling.run()
        return {
            "recycled": rolling.point.recycled,
            "unguarded": report.unguarded,
            "cut": report.cut,
            "least": report.least,
            "minimum": noted["minimum"],
        }

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with opened(ctx, read_only=True) as pool:
            probe = pool.probe()
        signed = ctx.step.parameters
        plan = planned(probe, release_of(signed["release"]), strategy_of(signed["strategy"]))
        return {"waves": [list(wave) for wave in plan.waves], "minimum": plan.minimum}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo here: the workers go back with the step that noted what they ran.",)
