"""The target serves alone: nothing is marked any more, and the node's own table gives its memory back."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import writing
from migrations_app.stores.sessions.beam.hand_over import Standing

ID_PAGE = 1000


class Leave(Action):
    """Result: removed (old rows of the node's table; 0 unless the option `cleanup_source` is on)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        name, removed = ctx.targets[SOURCE].name, int(ctx.checkpoint.get("removed", 0))
        with handing_over(ctx) as over:
            standing = over.standing()
            if standing is not Standing.FORWARDING:
                raise ClaimConflict(f"“{name}” answers from its own store ({standing}); nothing was removed there.")
            with writing(ctx, SOURCE) as source:
                while ctx.options["cleanup_source"] and (ids := source.scan_ids("", ID_PAGE).ids):
                    removed += source.delete(ids, ctx.worker)
                    ctx.progress.save({"removed": removed}, done=removed, unit="sessions")
                source.withdraw(ctx.worker, [run_scope(ctx.run_id)])
            over.leave()
        ctx.log.warning(
            f"The forwarder on “{name}” lasts until the node is started again. Deploy a release for the new store "
            "before that."
        )
        return {"removed": removed}
