"""Step 8: take the old sessions off the source, when that was asked for and confirmed.

A session goes only while the target holds it: what the target does not know (a client that never followed the route
wrote it, or it was ended on the target) stays and is counted.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.session import route
from migrations_app.handlers.session.levelling import reconciliation
from migrations_app.handlers.session.paging import pages
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.pause import BACK
from migrations_app.handlers.session.reconcile import Position
from migrations_app.handlers.session.sides import reading, writing
from migrations_app.stores.sessions.records import Version

CLEANUP_SEQ = 1


class Cleanup(Action):
    """Result: removed, left; `skipped` when the option `cleanup_source` is off."""

    not_proven = "The clean-up of the source: a rehearsal only reads it."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["cleanup_source"]:
            return {"skipped": "clean-up was not asked for", "removed": 0, "left": 0}
        self._refuse_unless_switched(ctx)
        counts = {"removed": ctx.checkpoint.get("removed", 0), "left": ctx.checkpoint.get("left", 0)}
        with writing(ctx, SOURCE) as source, reading(ctx.targets[TARGET]) as target:
            for page in pages(source, ctx.checkpoint.get("cursor", ""), ctx.options["batch_size"]):
                ids = [record.id for record in page.records]
                held = target.read(ids) if ids else []
                covered = [id_ for id_, record in zip(ids, held, strict=True) if record is not None]
                counts["removed"] += source.delete(covered, ctx.worker) if covered else 0
                counts["left"] += len(ids) - len(covered)
                reach("session.cleanup.batch")
                if not page.last:
                    ctx.progress.save({"cursor": page.cursor, **counts}, done=sum(counts.values()), unit="sessions")
        if counts["left"]:
            ctx.log.warning(
                f"{counts['left']} session(s) stay on “{ctx.targets[SOURCE].name}”: the target does not hold them."
            )
        return counts

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["cleanup_source"]:
            return {"skipped": "clean-up was not asked for"}
        with reading(ctx.targets[SOURCE]) as source:
            return {"would_remove": source.count()}

    def undo(self, ctx: ActionContext) -> None:
        """Bring the sessions back from the target, in bulk and while traffic goes on there."""
        record = ctx.routes.get(route.name_of(ctx))
        result = ctx.results.get(ctx.step.id, {})
        if result.get("skipped") or record is None or record.authority != route.SIDE_B:
            return
        with reconciliation(ctx, BACK) as work:

            def save(position: Position) -> None:
                ctx.progress.save({"back": position.as_dict()}, done=position.applied, unit="sessions")

            begun = Position.from_dict(ctx.checkpoint.get("back", {}))
            done = work.run(Version(ctx.run_id, CLEANUP_SEQ), begun, save)
        ctx.log.info(f"{done.applied} session(s) came back to “{ctx.targets[SOURCE].name}”.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        source, target = ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (f"Copy every session of “{target}” back to “{source}”, with its deadline.",)

    def _refuse_unless_switched(self, ctx: ActionContext) -> None:
        record = route.current(ctx)
        if record.authority != route.SIDE_B:
            raise ClaimConflict(
                f"The route “{record.name}” is served by “{ctx.targets[SOURCE].name}” again; nothing was removed there."
            )
