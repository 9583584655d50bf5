"""SINGLE_B: the new store serves alone. The last moment at which the old one could have taken over again is past."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.zero_downtime.barrier import wait_for_clients
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import opened
from migrations_app.handlers.session.zero_downtime.publishing import advance, buckets_in


class Complete(Action):
    """Result: epoch, clients."""

    not_proven = "Completing: the route stays where it is."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        record = route.current(ctx)
        if buckets_in(record, RoutePhase.DUAL_A, RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK):
            raise ClaimConflict(
                f"Not every bucket of the route “{record.name}” is served by the target; nothing was done."
            )
        if not buckets_in(record, RoutePhase.RETIRED):
            with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
                record = advance(ctx, pair, RoutePhase.SINGLE_B)
        return {"epoch": record.epoch, "clients": wait_for_clients(ctx, record.epoch)}
