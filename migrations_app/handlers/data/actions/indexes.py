"""Indexes and foreign keys of the tables that this run made, after their rows are there."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.kept import load, planned_tables
from migrations_app.handlers.data.live.persisting import persistently
from migrations_app.handlers.data.making import finish_tables
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import writing


class Indexes(Action):
    """Result: built (indexes and foreign keys there are). They go with their tables, so nothing is to be undone."""

    not_proven = "That indexes and foreign keys can be built: a rehearsal has only some of the rows."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with writing(ctx, TARGET) as target:
            selections, tables = load(ctx).selections, planned_tables(ctx)
            return {"built": persistently(ctx, lambda: finish_tables(ctx, target, selections, tables))}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"tables": list(ctx.step.parameters["tables"])}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo in this step: indexes and foreign keys go with their tables.",)
