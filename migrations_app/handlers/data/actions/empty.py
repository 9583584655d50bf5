"""Remove what the target's tables hold, so that the source's rows can take its place."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data import backups
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.looking import holds_rows
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading, writing


class Empty(Action):
    """Result: tables (how many were emptied). Undo puts the rows back from the backup and compares digests."""

    not_proven = "That the target's rows can be removed and put back: a rehearsal leaves them alone."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        tables = ctx.step.parameters["tables"]
        with writing(ctx, TARGET) as target:
            target.empty(tables, ctx.worker)
            reach("data.empty.emptied")
        return {"tables": len(tables)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        with reading(ctx.targets[TARGET]) as target:
            held = [each.target for each in load(ctx).of(ctx.step.parameters["tables"]) if holds_rows(target, each)]
        if held:
            raise StepFailed(f"{', '.join(held)} hold rows again: somebody writes there. Stop that writer first.")

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[TARGET]) as target:
            tables = target.catalogue(ctx.step.parameters["tables"]).tables
        return {"would_remove": {name: table.rows for name, table in tables.items()}}

    def undo(self, ctx: ActionContext) -> None:
        kept = ctx.results.get("backup", {}).get("tables", {})
        order = [each.target for each in load(ctx).selections if each.target in kept]
        with writing(ctx, TARGET) as target:
            catalogue = target.catalogue(order)
            for name in order:
                selection = backups.whole(catalogue.tables[name])
                if selection is None:
                    raise DataCorruption(f"{name} has no key any more; its rows cannot be put back.")
                rows = backups.restore(ctx, target, selection, ctx.worker)
                reach("data.empty.restored")
                if backups.digest_of(target, selection) != dict(kept[name]):
                    raise DataCorruption(
                        f"{name} does not hold what it held before the run, although {rows} rows were put back. "
                        "Somebody writes there. The backup is kept."
                    )
                ctx.log.info(f"{rows} row(s) of {name} were put back from the backup, and compared.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        names = ", ".join(ctx.step.parameters["tables"])
        return (
            f"On “{ctx.targets[TARGET].name}”, stop whoever writes to {names}, then press Retry: the rows are put back "
            f"from backups/run-{ctx.effect_run_id}/target/ and compared.",
        )
