"""Step 7: while writes still wait, compare everything both ways; clean: the target gets the authority.

When the pause was given up in between (a person paused the run, or it took too long), the target is levelled and
the pause taken again first.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session import pause, route
from migrations_app.handlers.session.actions.switch import SWITCH_SEQ
from migrations_app.handlers.session.levelling import final_pass, reconciliation
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.pause import FORWARD, Pause
from migrations_app.handlers.session.rehearsing import compared_while_writes_go_on
from migrations_app.handlers.session.sides import reading
from migrations_app.handlers.session.verification import compare, mismatch

SAVE_SECONDS = 1.0


class Verify(Action):
    """Result: compared, mismatches (0), source_digest, target_digest, downtime (ms that writes waited), route_epoch.

    A rehearsal compares while writes go on: compared, mismatches (0), changed_meanwhile, in_motion.
    """

    not_proven = "That both stores are equal at one moment: in a rehearsal writes go on while they are compared."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        reach("session.verify.before")
        verified = ctx.checkpoint.get("verified")
        if verified and self._is_published(ctx, verified):
            return dict(verified)
        taken = self._pause(ctx)
        with pause.released_on_failure(ctx, FORWARD):
            verified = self._compare(ctx, taken)
            record = self._publish(ctx, taken, verified)
        return {**verified, "route_epoch": record.epoch}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            return {"sessions": source.count()}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return compared_while_writes_go_on(ctx)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo in this step; undo the step “switch”.",)

    def _is_published(self, ctx: ActionContext, verified: Mapping[str, Any]) -> bool:
        record = route.current(ctx)
        return record.epoch == verified["route_epoch"] and (record.phase, record.authority) == FORWARD.goes

    def _pause(self, ctx: ActionContext) -> Pause:
        """The pause that `switch` took, or a new one with everything that it stands for."""
        saved = ctx.checkpoint.get("pause") or ctx.results.get("switch", {}).get("pause")
        taken = Pause.from_dict(saved) if saved else None
        if taken is not None and pause.holds(ctx, FORWARD, taken):
            return taken
        ctx.log.info("The write pause had ended; taking it again and levelling the target once more.")
        with reconciliation(ctx, FORWARD) as work:
            taken = pause.begin(
                ctx, FORWARD, taken, lambda more: ctx.progress.save({"pause": saved, **more}, done=0, unit="sessions")
            )
            with pause.released_on_failure(ctx, FORWARD):
                final_pass(ctx, work, SWITCH_SEQ + ctx.parameters["catch_up_passes"] + 1)
                self._save(ctx, {"pause": taken.as_dict()}, done=0)
        return taken

    def _compare(self, ctx: ActionContext, taken: Pause) -> dict[str, Any]:
        total = 2 * ctx.results.get("switch", {}).get("sessions", 0)
        kept = {"pause": taken.as_dict()}
        saved_at = ctx.clock.monotonic()

        def tick(seen: int) -> None:
            """Writes wait, and each checkpoint costs them a transaction of the control database: one a second."""
            nonlocal saved_at
            if ctx.clock.monotonic() - saved_at < SAVE_SECONDS:
                self._alive(ctx)
                return
            self._save(ctx, kept, done=seen, total=max(total, seen))
            saved_at = ctx.clock.monotonic()

        found = compare(ctx, tick)
        if found.mismatches:
            raise mismatch(ctx, found, went_on="Writes go on at the source; nothing was written to the target.")
        now = ctx.clock.now()
        if not taken.has_time(now):
            raise StepFailed(
                f"Verifying took longer than the longest write pause allows ({taken.waited_ms(now)} ms); writes go on "
                "at the source. Raise the parameter “write_pause_limit_ms”, or move at a quieter time.",
            )
        return {
            "compared": found.compared,
            "mismatches": 0,
            "source_digest": found.source_digest,
            "target_digest": found.target_digest,
            "downtime": taken.waited_ms(now),
            "route_epoch": taken.epoch + 1,
        }

    def _publish(self, ctx: ActionContext, taken: Pause, verified: Mapping[str, Any]) -> RouteRecord:
        """The checkpoint comes first: it fences, and a successor finds in it what was verified."""
        self._save(ctx, {"pause": taken.as_dict(), "verified": verified}, done=verified["compared"])
        reach("session.verify.compared")
        record = route.move(ctx, taken.epoch, *FORWARD.goes)
        reach("session.verify.published")
        return record

    def _alive(self, ctx: ActionContext) -> None:
        with suppress(SliceOver):  # the next checkpoint says so
            ctx.progress.alive()

    def _save(self, ctx: ActionContext, checkpoint: Mapping[str, Any], *, done: int, total: int | None = None) -> None:
        """Save, and go on when only the slice is over: writes wait."""
        try:
            ctx.progress.save(checkpoint, done=done, total=total, unit="sessions")
        except SliceOver:
            ctx.log.info("The slice is over, but writes wait: going on.")
