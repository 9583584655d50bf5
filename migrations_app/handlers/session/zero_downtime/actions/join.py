"""Prepare both stores for the route: fences, journals, and room for versions beside the values.

Undo takes all of it off again, and the copies off the target. By then the route is plain and the source serves.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.sides import reading
from migrations_app.handlers.session.zero_downtime.closing import close_late_drivers
from migrations_app.handlers.session.zero_downtime.incarnations import PANEL
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.publishing import document_of

ID_PAGE = 500


class Join(Action):
    """Result: fence, target_identity (a file that was not there when the run began has one only now), each side's
    incarnation (a server that has another one later may have forgotten writes), and stays: whether the source was under
    the route before. Then somebody goes by its fences who does not follow the route otherwise: a node's forwarder.
    """

    not_proven = "Fences and journals on both stores: a rehearsal only reads the source."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        record = route.current(ctx)
        with opened(ctx.targets, ctx.worker) as pair:
            stays = bool(ctx.checkpoint["stays"]) if "stays" in ctx.checkpoint else pair.a.joined()
            ctx.progress.save({"stays": stays}, done=0, unit="stores")
            document = document_of(record)
            # The replica refuses every epoch that clients have before the hand-over.
            for store, fence in ((pair.a, record.epoch), (pair.b, record.epoch + 1)):
                store.join(pair.worker, route=record.name, fence=fence, document=document, epoch=record.epoch)
                reach("session.join.store")
            servers = {"a": pair.a.incarnation(), "b": pair.b.incarnation()}
            ctx.live.show(record.name, PANEL, servers)  # an earlier migration of the route had other stores
            return {
                "fence": record.epoch,
                "target_identity": pair.b.sessions.probe(counted=False).identity,
                "incarnations": servers,
                "stays": stays,
            }

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source, reading(ctx.targets[TARGET]) as target:
            return {role: store.fence_class for role, store in ((SOURCE, source), (TARGET, target))}

    def undo(self, ctx: ActionContext) -> None:
        with opened(ctx.targets, ctx.worker) as pair:
            if pair.b.joined():
                close_late_drivers(ctx, pair)
                self._clear_target(ctx, pair)
                pair.b.leave(pair.worker)
                reach("session.join.undo.target")
            if not ctx.results.get(ctx.step.id, ctx.checkpoint).get("stays"):
                pair.a.leave(pair.worker)
            pair.a.sessions.withdraw(pair.worker, [run_scope(ctx.run_id), run_scope(ctx.effect_run_id)])

    def manual_undo(self, ctx: ActionContext) -> Sequence[str]:
        source, target = ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (
            f"Check that the route “{route.name_of(ctx)}” is at plain_a. On “{source}” and “{target}”, remove what "
            "Snakeweb keeps beside the sessions (docs/client-protocol.md names the tables and keys).",
            f"Delete the copied sessions on “{target}”.",
        )

    def _clear_target(self, ctx: ActionContext, pair: Pair) -> None:
        """What came over the route goes. A session that the source never knew was put there by somebody else."""
        removed, left, cursor, last = 0, 0, "", False
        while not last:
            page = pair.b.sessions.scan_ids(cursor, ID_PAGE)
            held = zip(page.ids, pair.a.fetch(page.ids), pair.b.fetch(page.ids), strict=True)
            ours = [
                session_id
                for session_id, a, b in held
                if a.record is not None or a.dead or b.version > (0, 0) or a.version > (0, 0)
            ]
            removed += pair.b.sessions.delete(ours, pair.worker) if ours else 0
            left += len(page.ids) - len(ours)
            cursor, last = page.cursor, page.last
            ctx.progress.alive()
        if left:
            ctx.log.warning(f"{left} session(s) on “{ctx.targets[TARGET].name}” are not from this run; they stay.")
        ctx.log.info(f"{removed} copied session(s) were removed from “{ctx.targets[TARGET].name}”.")
