"""Step 6: bring the target level, ask writes to wait, and level it for the last time (the route says HANDOFF).

Reads go on at the source and nothing is published for the target yet: that is the verification's to do. Undo is the
way back, from wherever the route stands.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import pause, route
from migrations_app.handlers.session.actions.transfer import COPY_SEQ
from migrations_app.handlers.session.hand_back import hand_back, leave_source
from migrations_app.handlers.session.levelling import (
    Progressed,
    catch_up,
    expected_pause_ms,
    final_pass,
    reconciliation,
    refuse_long_pause,
)
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.pause import FORWARD
from migrations_app.handlers.session.reconcile import Position
from migrations_app.handlers.session.rehearsing import caught_up
from migrations_app.handlers.session.sides import reading

SWITCH_SEQ = COPY_SEQ + 1
HANDING_BACK = "handing_back"


class Switch(Action):
    """Result: passes, caught_up (records that catch-up changed), levelled (those of the last pass), pause.

    A rehearsal catches up as far as it goes without a pause: passes, caught_up, expected_pause_ms.
    """

    not_proven = "The hand-over: the route stays where it is, so no client pauses its writes and none moves over."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        state = Progressed.from_checkpoint(ctx.checkpoint)

        def save(state: Progressed) -> None:
            ctx.progress.save(state.as_checkpoint(), done=state.position.looked_at, unit="sessions")

        with reconciliation(ctx, FORWARD) as work:
            close_partitions(ctx.effect_run_id, ctx.options["parallel_workers"], work.replica)
            state = catch_up(ctx, work, SWITCH_SEQ, state, save)
            refuse_long_pause(ctx, state)
            taken = pause.begin(ctx, FORWARD, None, _saver(ctx, state))
            reach("session.switch.paused")
            with pause.released_on_failure(ctx, FORWARD):
                final = final_pass(ctx, work, SWITCH_SEQ + state.passes)
                _take_signals(ctx, state, final)
        reach("session.switch.levelled")
        return {
            "passes": state.passes,
            "caught_up": state.changed,
            "levelled": final.changed,
            "sessions": final.looked_at,
            "pause": taken.as_dict(),
        }

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        record = ctx.routes.get(route.name_of(ctx))
        with reading(ctx.targets[SOURCE]) as source:
            return {"route_epoch": record.epoch if record else 0, "sessions": source.count()}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        state = caught_up(ctx)
        refuse_long_pause(ctx, state)
        return {"passes": state.passes, "caught_up": state.changed, "expected_pause_ms": expected_pause_ms(ctx, state)}

    def undo(self, ctx: ActionContext) -> None:
        """Source-only again. Before the switch that is one publication; after it, what the target got comes back."""
        record = ctx.routes.get(route.name_of(ctx))
        if record is None:
            return
        if record.phase == RoutePhase.PLAIN_A:
            if ctx.checkpoint.get(HANDING_BACK):
                leave_source(ctx)
            return
        if record.authority == route.SIDE_A:
            pause.release(ctx, FORWARD)
            return
        if not ctx.checkpoint.get(HANDING_BACK):
            # A successor that finds the source serving again still has to leave it as it was.
            ctx.progress.save({HANDING_BACK: True}, done=0, unit="sessions")
        hand_back(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        name, source, target = route.name_of(ctx), ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (
            f"Look at the route “{name}”. When its authority is a, set its phase to plain_a and you are done.",
            f"When its authority is b: stop the services that write sessions; copy every session of “{target}” to "
            f"“{source}” and delete on “{source}” what “{target}” no longer holds; compare both.",
            f"Then set the route “{name}” to phase plain_a, authority a, with an epoch above the present one.",
            "Start the services again.",
        )


def _take_signals(ctx: ActionContext, state: Progressed, final: Position) -> None:
    """Let a pause or cancel that a person left take effect here, where the writes are released for it.

    A slice that is over is no reason to stop while writes wait.
    """
    try:
        ctx.progress.save(state.as_checkpoint(), done=final.looked_at, total=final.looked_at, unit="sessions")
    except SliceOver:
        ctx.log.info("The slice is over, but writes wait: going on.")


def _saver(ctx: ActionContext, state: Progressed) -> Any:
    def save(more: Mapping[str, Any]) -> None:
        ctx.progress.save({**state.as_checkpoint(), **more}, done=0, unit="sessions")

    return save
