"""Set each sequence behind the greatest value of its column, so that the next row gets a number of its own."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading, writing


class Sequences(Action):
    """Result: sequences ({name: value}). A sequence is never set back, so there is nothing to undo."""

    not_proven = "That sequences are set on: those of a rehearsal's tables are nobody's."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        tables = [each.target for each in load(ctx).selections]
        with writing(ctx, TARGET) as target:
            return {"sequences": dict(target.advance_sequences(tables, ctx.worker))}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[TARGET]) as target:
            tables = target.catalogue().tables.values()
        return {"sequences": sorted(sequence.name for table in tables for sequence in table.sequences)}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: a sequence that is further on only leaves numbers out.",)
