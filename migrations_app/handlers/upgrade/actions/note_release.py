"""What the pool runs before anything changes. Its undo comes last of all: the files are given back by then."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import PlanIsStale, ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.upgrade.actions.rolling import Rolling, opened, release_of
from migrations_app.handlers.upgrade.parameters import POOL, strategy_of
from migrations_app.pools.roll_report import Checkpoint
from migrations_app.pools.strategy import planned


class NoteRelease(Action):
    """Result: before (version, generation), expected, minimum. Changes nothing. `untouched`: what a refusal says of the
    files."""

    def __init__(self, untouched: str = "No file and no worker was changed.") -> None:
        self._untouched = untouched

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with opened(ctx, read_only=True) as pool:
            probe = pool.probe()
        name, signed = ctx.targets[POOL].name, ctx.step.parameters
        plan = planned(probe, release_of(signed["release"]), strategy_of(signed["strategy"]))
        if plan.minimum != signed["minimum"]:
            raise PlanIsStale(
                f"{name} would serve with {plan.minimum} workers at the least, and {signed['minimum']} were signed; "
                f"its size is another one. {self._untouched}",
            )
        if probe.view.serving < plan.expected:
            raise ValidationFailed(
                f"{name} serves with {probe.view.serving} of {plan.expected} workers. {self._untouched} "
                "Bring the pool up whole, then start again.",
            )
        if plan.back is None:
            raise ValidationFailed(f"{name} does not say what it runs, so there would be no way back.")
        return {"before": plan.back.as_dict(), "expected": plan.expected, "minimum": plan.minimum}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def undo(self, ctx: ActionContext) -> None:
        noted = ctx.results.get(ctx.step.id)
        if noted is None:
            return  # nothing was rolled before this step was through
        to, back = release_of(ctx.step.parameters["release"]), release_of(noted["before"])
        report = Rolling(ctx, Checkpoint(noted["expected"], (), to=to, back=back), back=True).run()
        ctx.log.info(f"{len(report.recycled)} workers run {back} again; never fewer than {report.least} served.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        noted = ctx.results.get(ctx.step.id, {}).get("before", {})
        return (
            f"Look at the log of the pool {ctx.targets[POOL].name}: some workers did not come back. The files that "
            "they start with are as they were before the run.",
            f"Bring every worker to version {noted.get('version', '')}, generation {noted.get('generation', '')}, by "
            "the pool's own means, then press Retry: what runs that already is left alone.",
        )
