"""Phase 1, JOURNAL_A: every write is versioned and marked from here on (PROTOCOL 5.3).

The one barrier that fences cannot give: every client must have acknowledged, and nobody may write without the router.
"""

import time
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import reading
from migrations_app.handlers.session.zero_downtime.barrier import wait_for_clients
from migrations_app.handlers.session.zero_downtime.closing import close_late_drivers
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.publishing import advance

POLL_SECONDS = 0.1


class Journal(Action):
    """Result: epoch, clients (that acknowledged), legacy_writes (the counter when the watch had passed)."""

    not_proven = "That every client versions and marks its writes, and that nobody writes without the route."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            record = advance(ctx, pair, RoutePhase.JOURNAL_A)
            reach("session.journal.published")
            if ctx.results["join"].get("stays"):
                # Who hears of the route by refusals only would go on unmarked under the epoch before.
                pair.a.raise_fence(range(256), record.epoch, pair.worker)
            clients = wait_for_clients(ctx, record.epoch)
            seen = self._watch(ctx, pair)
        return {"epoch": record.epoch, "clients": clients, "legacy_writes": seen}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            return {"sessions": source.count(), "clients": len(ctx.live.clients(route.name_of(ctx)))}

    def undo(self, ctx: ActionContext) -> None:
        """Plain operations again; what lies beside the values stays until nobody goes by an older record."""
        record = ctx.routes.get(route.name_of(ctx))
        if record is None:
            return
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            close_late_drivers(ctx, pair)
            record = advance(ctx, pair, RoutePhase.PLAIN_A)
            # Whoever still goes by an older epoch is refused, and told where the route is now.
            buckets = range(256)
            if pair.a.joined():
                pair.a.raise_fence(buckets, record.epoch, pair.worker)
            reach("session.journal.undo.published")
            wait_for_clients(ctx, record.epoch)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Set the route “{route.name_of(ctx)}” to phase plain_a, authority a, with a greater epoch.",)

    def _watch(self, ctx: ActionContext, pair: Pair) -> int:
        """Nobody may have written without the router for `legacy_watch_ms`. Raises StepFailed when somebody does, and
        when the store does not let us see it.
        """
        watched = ctx.parameters["legacy_watch_ms"] / 1000
        began = quiet_since = ctx.clock.monotonic()
        seen = self._count(ctx, pair)
        while ctx.clock.monotonic() - quiet_since < watched:
            time.sleep(min(POLL_SECONDS, watched))
            ctx.progress.alive()
            now = self._count(ctx, pair)
            sees = pair.a.watches()
            if now > seen or not sees:
                seen, quiet_since = now, ctx.clock.monotonic()
            if ctx.clock.monotonic() - began > 10 * watched + 10:
                if not sees:
                    raise StepFailed(
                        f"“{ctx.targets[SOURCE].name}” does not tell which sessions change, so that code without the "
                        "router would write unseen. Nothing was copied yet. Give the target's user the right to CLIENT "
                        "TRACKING and SUBSCRIBE; then try again.",
                        details={"watches": False},
                    )
                raise StepFailed(
                    f"Somebody still writes to “{ctx.targets[SOURCE].name}” without the router ({seen} write(s) seen). "
                    "Nothing was copied yet. Bring the router into every process, or take the right to write from "
                    "the others; then try again.",
                    details={"legacy_writes": seen},
                )
        return seen

    def _count(self, ctx: ActionContext, pair: Pair) -> int:
        if changed := pair.a.changed_ids():
            pair.a.suspects(changed, pair.worker)
        return pair.a.legacy_writes()
