"""Take the marks of the copy off the target, and say in one place what was refused."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.data import rejected
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import writing


class Cleanup(Action):
    """Result: rejected (how many), tables ({name: {rows, reasons}}) of refused rows."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with writing(ctx, TARGET) as target:
            target.forget(run_scope(ctx.run_id), ctx.worker)
        refused = rejected.counted(ctx)
        return {"rejected": sum(each["rows"] for each in refused.values()), "tables": refused}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: only the marks of the copy were removed.",)
