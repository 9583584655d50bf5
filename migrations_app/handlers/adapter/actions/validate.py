"""Step 2: each tool's answers, custom and generic side by side in a sandbox, before anything is written."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.adapter.actions import work
from migrations_app.handlers.adapter.actions.proof import compared, recorded


class Validate(Action):
    """Result: report (an EquivalenceReport's document), or `skipped` with the reason."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        outcome, analysis = work.planned(ctx)
        return compared(ctx, analysis, outcome.serving.written, recorded(ctx))

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)
