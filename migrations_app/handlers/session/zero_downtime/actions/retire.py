"""RETIRED: plain operations at the new store; everything that was kept beside the sessions goes, on both sides.

The old store keeps its sessions as they were at the end, or loses them when the plan says so.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.zero_downtime.barrier import wait_for_clients
from migrations_app.handlers.session.zero_downtime.closing import close_late_drivers
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.publishing import advance

ID_PAGE = 500


class Retire(Action):
    """Result: epoch, clients, removed (old sessions, when the option `cleanup_source` is on)."""

    not_proven = "The clean-up of the source: a rehearsal only reads it."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            close_late_drivers(ctx, pair)
            joined = pair.a.joined() and pair.b.joined()  # a repeat may find what is below done already
            record = advance(ctx, pair if joined else None, RoutePhase.RETIRED)
            # Nobody may still go by an epoch under which it looks at what is taken away here (PROTOCOL R35).
            clients = wait_for_clients(ctx, record.epoch)
            if pair.a.joined():
                pair.a.raise_fence(range(256), record.epoch, pair.worker)
            reach("session.retire.published")
            removed = self._remove_old(ctx, pair) if ctx.options["cleanup_source"] else 0
            pair.b.leave(pair.worker)
            pair.a.leave(pair.worker)
            for store in (pair.b, pair.a):
                store.sessions.clear_worker_fences(f"{run_scope(ctx.run_id)}:")
        return {"epoch": record.epoch, "clients": clients, "removed": removed}

    def _remove_old(self, ctx: ActionContext, pair: Pair) -> int:
        removed, cursor, last = int(ctx.checkpoint.get("removed", 0)), "", False
        while not last:
            page = pair.a.sessions.scan_ids(cursor, ID_PAGE)
            removed += pair.a.sessions.delete(page.ids, pair.worker) if page.ids else 0
            cursor, last = page.cursor, page.last
            ctx.progress.save({"removed": removed}, done=removed, unit="sessions")
        ctx.log.info(f"{removed} old session(s) were removed from “{ctx.targets[SOURCE].name}”.")
        return removed
