"""After the switch, back to the source: level it, ask writes to wait, level, compare both ways, publish."""

from dataclasses import replace

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.session import pause, route
from migrations_app.handlers.session.levelling import (
    Progressed,
    catch_up,
    final_pass,
    reconciliation,
    refuse_long_pause,
)
from migrations_app.handlers.session.paging import pages
from migrations_app.handlers.session.pause import BACK
from migrations_app.handlers.session.records import newer_than
from migrations_app.handlers.session.sides import writing
from migrations_app.handlers.session.verification import compare, mismatch
from migrations_app.stores.sessions.records import Version

BACK_SEQ = 1


def hand_back(ctx: ActionContext) -> None:
    """Give the authority back to the source with everything that was written on the target since.

    Raises DataCorruption when the source does not hold what the target holds afterwards; then the target keeps the
    authority and writes go on there, so nothing is lost.
    """
    with reconciliation(ctx, BACK) as work:
        # What changes between the passes is the target's traffic, so no position survives an interruption here.
        state = catch_up(ctx, work, BACK_SEQ, Progressed(), lambda _state: ctx.progress.alive())
        refuse_long_pause(ctx, state)
        taken = pause.begin(ctx, BACK, None, lambda _more: ctx.progress.alive())
        reach("session.switch.undo.paused")
        with pause.released_on_failure(ctx, BACK):
            final_pass(ctx, work, BACK_SEQ + state.passes)
            found = compare(ctx, lambda _seen: ctx.progress.alive())
            if found.mismatches:
                raise mismatch(ctx, found, went_on="Writes go on at the target; nothing is lost.")
            mark_as_ours(ctx)
            now = ctx.clock.now()
            if not taken.has_time(now):
                raise StepFailed(
                    f"Going back took longer than the longest write pause allows ({taken.waited_ms(now)} ms); writes "
                    "go on at the target. Raise the parameter “write_pause_limit_ms”, or stop traffic, and retry.",
                )
            reach("session.switch.undo.compared")
            route.move(ctx, taken.epoch, *BACK.goes)
    reach("session.switch.undo.published")
    leave_source(ctx)
    ctx.log.info(
        f"{found.compared} session(s) verified on “{ctx.targets[BACK.replica].name}”; "
        f"writes waited {taken.waited_ms(ctx.clock.now())} ms."
    )


def leave_source(ctx: ActionContext) -> None:
    """Take away what writing back needed beside the source's own sessions. May be done again."""
    runs = dict.fromkeys((ctx.effect_run_id, ctx.run_id))
    with writing(ctx, BACK.replica) as source:
        source.withdraw(ctx.worker, [run_scope(run_id) for run_id in runs])


def mark_as_ours(ctx: ActionContext) -> None:
    """Give what clients wrote on the target the run's version, now that the source verifiably holds all of it.

    Undoing the transfer then takes it off the target, also when it ends on the source in the meantime. Only while
    writes wait: a client's write in between would be replaced.
    """
    with writing(ctx, BACK.origin) as target:
        for page in pages(target, "", ctx.options["batch_size"]):
            marked = [
                replace(record, version=newer_than(record, Version(ctx.effect_run_id, BACK_SEQ)))
                for record in page.records
                if record.version.epoch != ctx.effect_run_id
            ]
            if marked:
                target.apply(marked, ctx.worker)
            ctx.progress.alive()
