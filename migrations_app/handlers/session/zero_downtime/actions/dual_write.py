"""Phase 2, DUAL_A: the relay carries every change to the target from here on."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.zero_downtime.barrier import wait_for_clients
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import opened
from migrations_app.handlers.session.zero_downtime.publishing import advance


class DualWrite(Action):
    """Result: epoch, clients."""

    not_proven = "The relay: in a rehearsal no write is marked that it could carry."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            record = advance(ctx, pair, RoutePhase.DUAL_A)
        reach("session.dual_write.published")
        ctx.live.want("relay")
        return {"epoch": record.epoch, "clients": wait_for_clients(ctx, record.epoch)}

    def undo(self, ctx: ActionContext) -> None:
        """The relay ends by itself when it sees the route; what it still carries changes only the target."""
        if ctx.routes.get(route.name_of(ctx)) is None:
            return
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            advance(ctx, pair, RoutePhase.JOURNAL_A)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Set the route “{route.name_of(ctx)}” to phase journal_a, authority a, with a greater epoch.",)
