"""Stop the writers, bring the last changes, compare, and let the source refuse writes; and all the way back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.ports import run_scope
from migrations_app.engine.run_view import ParkedFor
from migrations_app.handlers.data import rejected
from migrations_app.handlers.data.live.pair import Pair, opened, require_room, require_whole, watched_of
from migrations_app.handlers.data.live.parameters import GRACE
from migrations_app.handlers.data.live.stopping import NotNow, Stop, stopped
from migrations_app.handlers.data.looking import require_no_orphans
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.changes.catching_up import CatchUp
from migrations_app.stores.tables.selection import EVERYTHING, Selection

MOST_ATTEMPTS = 20
AGAIN = timedelta(seconds=30)
NEAR_SECONDS = 60.0
WHOLE_ROWS = 5_000_000  # up to so many rows everything is compared once more in the stop, when there is time for it
SHARE_OF_STOP = 0.5


@dataclass(slots=True)
class Handed:
    """What the stop cost and did. `compared`: rows whose digests were compared while nobody wrote."""

    pause_ms: int
    changes: int
    compared: int


class HandOver(Action):
    """Result: pause_ms (-1 when a driver died after it and before it was noted), changes (carried while writers
    waited), compared (rows, while they waited), attempts, longest_put_off_ms (of a stop that was given up).
    """

    not_proven = "The hand-over: a rehearsal stops nobody."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        source, target = ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        attempts, put_off = ctx.checkpoint.get("attempts", 0), ctx.checkpoint.get("longest_put_off_ms", 0)
        with opened(ctx) as pair:
            if pair.log.guarded():
                return _result(Handed(-1, 0, 0), attempts, put_off)
            pair.log.give_back(ctx.worker)
            began = time.monotonic()
            try:
                handed = self._hand_over(ctx, pair, f"These tables have moved to “{target}”.")
            except NotNow as reason:
                attempts, lasted = attempts + 1, round((time.monotonic() - began) * 1000)
                ctx.log.warning(f"{reason.message} This was attempt {attempts}.")
                saved = {"attempts": attempts, "longest_put_off_ms": max(put_off, lasted)}
                ctx.progress.save(saved, done=0, total=1, unit="hand-overs")
                if attempts >= MOST_ATTEMPTS:
                    raise StepFailed(
                        f"“{source}” could not be handed over in {attempts} attempts. The last time: {reason.message}"
                    ) from reason
                raise Waits(ParkedFor.UNAVAILABLE, ctx.clock.now() + AGAIN) from reason
        ctx.log.info(f"“{source}” was handed over; writers waited {handed.pause_ms} ms.")
        return _result(handed, attempts + 1, put_off)

    def _hand_over(self, ctx: ActionContext, pair: Pair, message: str) -> Handed:
        source = ctx.targets[SOURCE].name
        require_whole(pair.log, source)
        require_room(pair.log, source, ctx.parameters["most_log_bytes"])
        pair.back.install(watched_of(pair.target, pair.again), ctx.worker, pair.patience())
        work = pair.catch_up()
        work.until(ctx.parameters["lag_limit_ms"], NEAR_SECONDS)
        whole_ms = _time_to_compare(pair)
        with ctx.live.urgent(), stopped(pair.log, ctx.parameters, ctx.worker, pair.patience()) as stop:
            reach("data.live.stopped")
            changes = _drain(work, stop)
            require_whole(pair.log, source)
            compared = _compare(pair, _complete(ctx, pair), stop, whole_ms)
            pair.target.advance_sequences([each.target for each in pair.there], ctx.worker)
            pair.back.clear(ctx.worker)
            pair.log.guard(message, ctx.worker)
            reach("data.live.guarded")
            stop.require_time("it was handed over")
        return Handed(stop.lasted_ms(), changes, compared)

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        with opened(ctx) as pair:
            if not pair.log.guarded():
                raise StepFailed(f"“{ctx.targets[SOURCE].name}” takes writes although it was handed over.")
            require_whole(pair.back, ctx.targets[TARGET].name)

    def undo(self, ctx: ActionContext) -> None:
        """Before the hand-over there is only a log to remove; after it, what the target got since comes back first.

        The target goes on refusing writes for a while with its rows still there: a writer who has not heard of the way
        back would insert rows that are lost, or change some that are not there any more and take that for done.
        Raises Waits until then.
        """
        with opened(ctx, backwards=True) as pair:
            pair.log.give_back(ctx.worker)
            if not ctx.checkpoint.get("brought_back") and self._was_handed_over(ctx, pair):
                self._bring_back(ctx, pair)
            pair.log.unguard(ctx.worker, pair.patience())
            reach("data.live.unguarded")
            if pair.back.guarded():
                _let_the_last_writer_hear(ctx)
            pair.back.remove(ctx.worker, pair.patience())
            pair.source.forget(run_scope(ctx.run_id), ctx.worker)

    def _was_handed_over(self, ctx: ActionContext, pair: Pair) -> bool:
        """Raises StepFailed when it was, and nothing knows any more what the target got since."""
        handed = pair.log.guarded() or ctx.step.id in ctx.results or ctx.checkpoint.get("bringing_back", False)
        if handed and not pair.back.installed():
            raise StepFailed(
                f"The change log of “{ctx.targets[TARGET].name}” is gone, so nobody knows what was written there since "
                f"the hand-over. “{ctx.targets[SOURCE].name}” was left as it is."
            )
        return bool(handed)

    def _bring_back(self, ctx: ActionContext, pair: Pair) -> None:
        target = ctx.targets[TARGET].name
        require_whole(pair.back, target)
        ctx.progress.save({"bringing_back": True}, done=0, unit="changes")
        if pair.log.guards_us:
            pair.log.unguard(ctx.worker, pair.patience())
        work = pair.catch_up_back()
        near = work.until(ctx.parameters["lag_limit_ms"], NEAR_SECONDS)
        reach("data.live.near")
        with ctx.live.urgent(), pair.back.locked(ctx.parameters["longest_write_stop_ms"], pair.patience()) as since:
            stop = Stop(since, ctx.parameters["longest_write_stop_ms"])
            changes = near.changes + _drain(work, stop)
            require_whole(pair.back, target)
            pair.source.advance_sequences([each.source for each in pair.there], ctx.worker)
            pair.back.guard(f"These tables have moved back to “{ctx.targets[SOURCE].name}”.", ctx.worker)
        ctx.progress.save({"brought_back": True, "changes": changes}, done=changes, unit="changes")
        ctx.log.info(f"{changes:,} change(s) of “{target}” were brought back; writers waited {stop.lasted_ms()} ms.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        source, target = ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (
            f"Stop everything that writes to “{target}”. snakeweb_changes there names the rows that changed since the "
            f"hand-over: bring them to “{source}”.",
            f"On “{source}”, drop the triggers snakeweb_closed*, and let the services write there.",
        )


def _let_the_last_writer_hear(ctx: ActionContext) -> None:
    """Raises Waits while the target has to go on refusing. The time counts since the source takes writes again."""
    now, kept = ctx.clock.now(), ctx.checkpoint
    until = datetime.fromisoformat(kept["refuses_until"]) if "refuses_until" in kept else None
    if until is None:
        until = now + timedelta(seconds=ctx.parameters[GRACE])
        ctx.progress.save({"brought_back": True, "refuses_until": until.isoformat()}, done=0, unit="changes")
    if now < until:
        raise Waits(ParkedFor.GRACE, until)


def _result(handed: Handed, attempts: int, put_off: int) -> dict[str, int]:
    return {**asdict(handed), "attempts": attempts, "longest_put_off_ms": put_off}


def _drain(work: CatchUp, stop: Stop) -> int:
    """Until nothing waits. Raises NotNow when that takes too long, StepFailed for a row that is refused for good."""
    changes = 0
    while True:
        now = work.once()
        changes += now.changes
        if now.remaining == 0:
            return changes
        stop.require_time("the last changes were at the target")


def _time_to_compare(pair: Pair) -> float:
    """How long it takes to compare everything, by doing it; endless for much."""
    rows = sum(table.rows for table in pair.source.catalogue([each.source for each in pair.there]).tables.values())
    if rows > WHOLE_ROWS:
        return float("inf")
    began = time.monotonic()
    for each in pair.there:
        for side, database in ((Side.SOURCE, pair.source), (Side.TARGET, pair.target)):
            database.digest(each, EVERYTHING, side=side)
            pair.alive()
    pair.target.orphans([each.target for each in pair.there])
    return (time.monotonic() - began) * 1000


def _complete(ctx: ActionContext, pair: Pair) -> list[Selection]:
    """Those of which no row was put aside."""
    aside = rejected.keys_by_table(ctx)
    return [each for each in pair.there if not aside.get(each.target)]


def _compare(pair: Pair, selections: Sequence[Selection], stop: Stop, whole_ms: float) -> int:
    """By digest, while nobody writes, when there is time for it: rows. What was carried has been read back already.

    Raises DataCorruption for a table that differs, StepFailed for a foreign key that does not hold.
    """
    if whole_ms > (stop.longest_ms - stop.lasted_ms()) * SHARE_OF_STOP:
        return 0
    rows = 0
    for each in selections:
        ours = pair.source.digest(each, EVERYTHING, side=Side.SOURCE)
        theirs = pair.target.digest(each, EVERYTHING, side=Side.TARGET)
        if ours != theirs:
            raise DataCorruption(
                f"{each.target} does not hold what {each.source} holds ({theirs.rows:,} rows and {ours.rows:,}), with "
                "the writers stopped. Writes go on at the source."
            )
        rows += ours.rows
    require_no_orphans(pair.target, [each.target for each in pair.there])
    return rows
