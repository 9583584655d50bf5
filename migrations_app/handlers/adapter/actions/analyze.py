"""Step 1: the project is read again, and what is made of it is what was signed."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.adapter.actions import work


class Analyze(Action):
    """Result: analysis (its digest), adapter, tools, served, files (of the project)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        outcome, analysis = work.planned(ctx)
        return {
            "analysis": analysis.digest,
            "adapter": outcome.serving.adapter.name,
            "tools": len(outcome.serving.adapter.tools),
            "served": [tool.name for tool in outcome.serving.served],
            "files": analysis.files,
        }

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)
