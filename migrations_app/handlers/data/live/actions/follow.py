"""Bring over rows whose change column has grown. Deleted rows are seen by the comparison of everything alone."""

import time
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.live.ends import ends_of
from migrations_app.handlers.data.live.steps import FOLLOW, NOTE
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import reading, writing
from migrations_app.stores.tables.changes.column import Followed, follow, greatest

NEAR_SECONDS = 600.0


class NoteColumn(Action):
    """Result: upto ({table: the greatest value before the copy began}), ends (how far the copy goes)."""

    not_proven = "That changes are followed: a rehearsal copies once."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        column = ctx.parameters["change_column"]
        with reading(ctx.targets[SOURCE]) as source:
            selections = load(ctx).selections
            found = {each.source: greatest(source, each, column) for each in selections}
            upto = {table: value for table, value in found.items() if value is not None}
            return {"upto": upto, "ends": ends_of(source, selections)}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)


class Follow(Action):
    """Result: changes (rows that were brought), upto ({table: the greatest value seen}).

    `until_near`: passes follow each other until one is shorter than the limit, or ten minutes are over. Else it is the
    last pass, with the writers stopped.
    """

    not_proven = "That changes are followed: a rehearsal copies once."

    def __init__(self, *, until_near: bool) -> None:
        self._until_near = until_near

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        before = ctx.results.get(NOTE if self._until_near else FOLLOW, {}).get("upto", {})
        seen = Followed(ctx.checkpoint.get("changes", 0), dict(ctx.checkpoint.get("upto", before)))
        ends = time.monotonic() + NEAR_SECONDS
        with reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
            near = False
            while not near:
                began = time.monotonic()
                for each in load(ctx).selections:
                    follow(source, target, each, ctx.parameters["change_column"], ctx.worker, seen, ctx.progress.alive)
                    ctx.progress.save(seen.as_dict(), done=seen.changes, unit="rows")
                quick = time.monotonic() - began <= ctx.parameters["lag_limit_ms"] / 1000
                near = quick or not self._until_near or time.monotonic() > ends
        return seen.as_dict()

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: what was brought goes with what was copied.",)
