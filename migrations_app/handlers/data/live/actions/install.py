"""Make the change log of the source, before the first row is copied."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.live.ends import ends_of
from migrations_app.handlers.data.live.keeping import KEEPER
from migrations_app.handlers.data.live.pair import change_log, require_whole, watched_of
from migrations_app.handlers.data.parameters import SOURCE
from migrations_app.handlers.data.sides import reading
from migrations_app.stores.tables.changes.base import Patience

LOCK_SECONDS = 120.0


class InstallLog(Action):
    """Result: tables (how many are watched), ends (how far the copy goes)."""

    not_proven = "That triggers can be made on the source: a rehearsal changes nothing there."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            selections = load(ctx).selections
            watched = watched_of(source, selections)
        with change_log(ctx, SOURCE) as log:
            log.install(watched, ctx.worker, Patience(seconds=LOCK_SECONDS, alive=ctx.progress.alive))
        ctx.live.want(KEEPER)
        reach("data.live.installed")
        with reading(ctx.targets[SOURCE]) as source:
            return {"tables": len(watched), "ends": ends_of(source, selections)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        with change_log(ctx, SOURCE, read_only=True) as log:
            require_whole(log, ctx.targets[SOURCE].name)

    def undo(self, ctx: ActionContext) -> None:
        with change_log(ctx, SOURCE) as log:
            log.remove(ctx.worker, Patience(seconds=LOCK_SECONDS, alive=ctx.progress.alive))

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (
            f"On “{ctx.targets[SOURCE].name}”, drop the triggers whose names begin with snakeweb_ and what they write "
            "to: DROP SCHEMA snakeweb_changes CASCADE (PostgreSQL) does both; in SQLite, the tables snakeweb_changes*.",
        )
