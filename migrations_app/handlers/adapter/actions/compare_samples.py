"""With zero downtime, right before the calls change: both adapters on what the deployment was asked lately."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.adapter import samples
from migrations_app.handlers.adapter.actions import work
from migrations_app.handlers.adapter.actions.proof import compared
from migrations_app.handlers.adapter.facts import Analysis


class CompareSamples(Action):
    """Result: as `compared`, with `samples` (counts by tool, the newest one's time)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        kept = work.kept(ctx)
        return _compared(ctx, kept.analysis, kept.configuration)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        outcome, analysis = work.planned(ctx)
        return _compared(ctx, analysis, outcome.serving.written)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)


def _compared(ctx: ActionContext, analysis: Analysis, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ValidationFailed for a tool with too few young samples."""
    name, least = ctx.parameters["recorded"], ctx.parameters["recorded_least"]
    age = timedelta(hours=ctx.parameters["recorded_hours"])
    found = samples.samples_in(samples.recorded_in(work.root_of(ctx), name), since=ctx.clock.now() - age)
    if problems := samples.lacking(found, ctx.step.parameters["tools"], least, path=name, age=age):
        raise ValidationFailed(" ".join(problem.message for problem in problems), problems=problems)
    return {**compared(ctx, analysis, configuration, found.calls), "samples": found.summary()}
