"""The hand-over itself: the node's store stands still, the last changes go over, the forwarder takes its place.

The node keeps the time: when we do not come back it goes on as it was. Only the driver that began the pause can end it
with the forwarder, and only after everything that was marked is on the target.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from migrations_app.beam.code import GATEWAY
from migrations_app.engine.crash_points import Crash, reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.actions.transfer import COPY_SEQ
from migrations_app.handlers.session.hand_back import mark_as_ours
from migrations_app.handlers.session.node.following import Follower
from migrations_app.handlers.session.node.proving import differs, prove
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.handlers.session.node.ways import fence, unfence, ways_of
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.sides import reading, writing
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver, Standing, Way

SHARE = 0.8  # of the pause's limit: what is not level by then will not be in time
WAIT_SECONDS = 0.05
GATEWAY_SECONDS = 15.0


class Forward(Action):
    """Result: carried (sessions brought over by marks), pause_us (that callers waited on the node), downtime (in ms).

    Without the times when the driver that handed over died before it could tell.
    """

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with handing_over(ctx) as over:
            if over.standing() is Standing.FORWARDING:  # done before the answer was lost
                return {"carried": ctx.checkpoint.get("carried", 0)}
            _wait_until_free(ctx, over)
            with reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
                follower = Follower(ctx, over, source, target, _seq(ctx))
                follower.until_few()
                _serve(ctx, RoutePhase.SINGLE_B, route.SIDE_B)
                fence(ctx)
                ways = ways_of(ctx)
                if refusal := _refusal(ctx, over, ways):
                    _serve(ctx, RoutePhase.PLAIN_A, route.SIDE_A)
                    unfence(ctx)
                    raise StepFailed(
                        f"“{ctx.targets[SOURCE].name}” was not handed over: {refusal}. It goes on as it was."
                    )
                forwarder = over.forwarder(ways)
                _hold_and_level(ctx, over, follower)
                pause_us = over.forward(forwarder)
        reach("session.node.forwarded")
        ctx.log.info(f"Callers of “{ctx.targets[SOURCE].name}” waited {pause_us / 1000:.1f} ms.")
        return {"carried": follower.carried, "pause_us": pause_us, "downtime": -(-pause_us // 1000)}

    def undo(self, ctx: ActionContext) -> None:
        """Bring back what the target got, first while it serves, then the rest while callers wait."""
        with handing_over(ctx) as over:
            _wait_until_free(ctx, over)
            if over.standing() is Standing.FORWARDING:
                over.watch()
                with reading(ctx.targets[TARGET]) as target, writing(ctx, SOURCE) as source:
                    follower = Follower(ctx, over, target, source, ctx.checkpoint.get("seq", COPY_SEQ))
                    follower.copy_all()
                    follower.until_few()
                    prove(follower, lambda _compared: ctx.progress.alive())
                    _hold_and_level(ctx, over, follower)
                    pause_us = over.restore()
                reach("session.node.restored")
                ctx.log.info(f"“{ctx.targets[SOURCE].name}” serves again; callers waited {pause_us / 1000:.1f} ms.")
        _serve(ctx, RoutePhase.PLAIN_A, route.SIDE_A)
        unfence(ctx)
        # A session that a caller ends on the node from now on would else seem to be somebody else's on the target.
        mark_as_ours(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        source, target = ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (
            f"Stop the callers of “{source}”. Copy every session of “{target}” back to it with a standard migration.",
            f"Load the store's own module on the node again (code:load_file), or start the node of “{source}” again.",
            "Start the callers again.",
        )


def _seq(ctx: ActionContext) -> int:
    """Rounds go on where the last one ended, whoever drove it."""
    return int(ctx.checkpoint.get("seq", ctx.results.get("prove", {}).get("seq", COPY_SEQ)))


def _hold_and_level(ctx: ActionContext, over: NodeHandOver, follower: Follower) -> None:
    """Leaves the node standing still with both sides level.

    Whatever fails in here lets the node go on as it was.
    """
    limit_ms = ctx.parameters["pause_limit_ms"]
    over.hold(limit_ms)
    began = ctx.clock.monotonic()
    try:
        reach("session.node.held")
        ids = follower.until_none()
        if different := follower.differing(ids):
            raise differs(follower, different)
        if not over.watches():
            raise StepFailed("The node's session server stopped marking its calls; it goes on as it was. Try again.")
        with suppress(SliceOver):  # callers wait: the next checkpoint says so
            # The checkpoint fences: a driver that was replaced fails here, before it changes what answers.
            ctx.progress.save(follower.checkpoint(), done=follower.carried, unit="sessions")
        if ctx.clock.monotonic() - began > SHARE * limit_ms / 1000:
            raise StepFailed(
                f"The last changes did not go over within {limit_ms} ms; the node goes on as it was. Try again at a "
                "quieter time, or raise the parameter “pause_limit_ms”.",
            )
        reach("session.node.level")
    except Crash:
        raise
    except BaseException:
        over.release()
        raise


def _wait_until_free(ctx: ActionContext, over: NodeHandOver) -> None:
    """A pause that another driver left ends by itself."""
    ends = ctx.clock.monotonic() + 2 * ctx.parameters["pause_limit_ms"] / 1000
    while over.standing() is Standing.HELD:
        if ctx.clock.monotonic() > ends:
            raise StepFailed("The node's session server stands still for another hand-over. Try again when it ended.")
        ctx.progress.alive()
        time.sleep(WAIT_SECONDS)


def _refusal(ctx: ActionContext, over: NodeHandOver, ways: Sequence[Way]) -> str:
    """Why the node gets no answer by one of the ways. A gateway may need a moment to hear of the route."""
    ends = ctx.clock.monotonic() + GATEWAY_SECONDS
    for way in ways:
        while refusal := over.refuses(way):
            if way.sources != GATEWAY or ctx.clock.monotonic() >= ends:
                return refusal
            ctx.progress.alive()
            time.sleep(WAIT_SECONDS)
    return ""


def _serve(ctx: ActionContext, phase: RoutePhase, authority: str) -> None:
    """What the gateway goes by."""
    record = route.current(ctx)
    if (record.phase, record.authority) != (phase, authority):
        route.move(ctx, record.epoch, phase, authority)
