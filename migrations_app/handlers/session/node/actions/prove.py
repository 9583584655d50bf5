"""Catch up with what was marked since the copy began, then compare everything both ways while callers go on."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.session.actions.transfer import COPY_SEQ
from migrations_app.handlers.session.node.following import Follower
from migrations_app.handlers.session.node.proving import prove
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.sides import reading, writing


class Prove(Action):
    """Result: compared, mismatches (0), repaired, carried, seq (of the last round's version)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with handing_over(ctx) as over, reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
            seq = ctx.checkpoint.get("seq", COPY_SEQ)
            follower = Follower(ctx, over, source, target, seq, ctx.checkpoint.get("carried", 0))
            follower.until_few()

            def tick(compared: int) -> None:
                ctx.progress.save(follower.checkpoint(), done=compared, unit="sessions")

            found = prove(follower, tick)
        return {"compared": found.compared, "mismatches": 0, "repaired": found.repaired, **follower.checkpoint()}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            return {"sessions": source.count()}
