"""Make the tables that the target lacks: columns, keys and defaults. Indexes and foreign keys follow the copy."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.kept import load, planned_tables
from migrations_app.handlers.data.making import make_tables
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading, writing


class Create(Action):
    """Result: tables (how many are there now). Undo drops them."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        tables = planned_tables(ctx)
        with writing(ctx, TARGET) as target:
            make_tables(ctx, target, load(ctx).selections, tables)
            reach("data.create.created")
        return {"tables": len(tables)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        tables = planned_tables(ctx)
        with reading(ctx.targets[TARGET]) as target:
            there = target.catalogue(tables).tables
        if missing := [name for name in tables if name not in there]:
            raise StepFailed(f"{', '.join(missing)} cannot be found on “{ctx.targets[TARGET].name}” after creating.")

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"would_create": list(ctx.step.parameters["tables"])}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        """The first step of a rehearsal made every table of its namespace."""
        return {"tables": len(planned_tables(ctx))}

    def undo(self, ctx: ActionContext) -> None:
        with writing(ctx, TARGET) as target:
            target.drop(planned_tables(ctx), ctx.worker)
            reach("data.create.dropped")
        ctx.log.info(f"{', '.join(ctx.step.parameters['tables'])} were dropped.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"On “{ctx.targets[TARGET].name}”, drop {', '.join(ctx.step.parameters['tables'])}.",)
