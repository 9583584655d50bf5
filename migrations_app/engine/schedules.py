"""Runs that start with nobody there: when one is due, when it is too late, and what is told of its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.vocabulary import RunState, WhenWindowCloses
from migrations_app.engine.windows import Opening, Window, joined

LEAST_GRACE_MINUTES = 1
MOST_GRACE_MINUTES = 24 * 60
MOST_WAIT_MINUTES = 14 * 24 * 60  # of one that starts when it is ready
GRACE_MINUTES = 15
LOOK_AHEAD = timedelta(days=366)
_NOBODY_LOOKED = "At that time no beat and no worker of Snakeweb was running."


@dataclass(frozen=True, slots=True)
class Told:
    """`alert`: it wants people to look now, so it is mailed."""

    kind: str
    text: str
    alert: bool


def is_late(due_at: datetime, grace_minutes: int, now: datetime) -> bool:
    return now > due_at + timedelta(minutes=grace_minutes)


def openings_ahead(windows: Sequence[Window], now: datetime, frozen: Sequence[Opening]) -> list[Opening]:
    """Those that open after now and outside of any freeze, within a year, in order."""
    for days in (35, LOOK_AHEAD.days):  # most windows open within a month
        before = now + timedelta(days=days)
        stretches = joined(each for one in windows for each in one.openings(after=now, before=before))
        found = [
            each
            for each in stretches
            if each.opens_at > now and not any(ice.opens_at <= each.opens_at < ice.closes_at for ice in frozen)
        ]
        if found:
            return found
    return []


def why_missed(due_at: datetime, grace_minutes: int, said: str, skipped: int = 0) -> str:
    """`said` is what kept it from starting when somebody looked; empty: nobody did. `skipped`: times after `due_at`
    that went by as well."""
    more = f" {skipped} later {'time' if skipped == 1 else 'times'} went by as well." if skipped else ""
    reason = said or _NOBODY_LOOKED
    return f"It was due {due_at:%Y-%m-%d %H:%M} UTC and could not start within {grace_minutes} min. {reason}{more}"


_ENDS: Mapping[RunState, tuple[str, str, bool]] = {
    RunState.SUCCEEDED: ("scheduled_run_succeeded", "succeeded.", False),
    RunState.CANCELLED: ("scheduled_run_cancelled", "was cancelled.", False),
    RunState.ROLLED_BACK: ("scheduled_run_failed", "failed and was rolled back; everything is as before.", True),
    RunState.FAILED: ("scheduled_run_failed", "failed; its page says why.", True),
    RunState.STUCK: ("scheduled_run_failed", "failed and its rollback is stuck: somebody has to act now.", True),
}


def told_of_the_end(title: str, run_id: int, state: RunState, *, closing: WhenWindowCloses | None) -> Told:
    """`closing`: what was done because its window closed; None: it ended before, or a person rolled it back."""
    kind, text, alert = _ENDS[state]
    if state is RunState.ROLLED_BACK and closing is WhenWindowCloses.ROLL_BACK:
        text = "was not done when its window closed and was rolled back, as was chosen; everything is as before."
    return Told(kind, f"“{title}”: scheduled run {run_id} {text}", alert)


_CLOSINGS: Mapping[WhenWindowCloses, str] = {
    WhenWindowCloses.FINISH: "goes on to its end, as was chosen.",
    WhenWindowCloses.PAUSE: "pauses at its next batch, as was chosen, and goes on by itself in the next window. "
    "Until then it can be resumed or rolled back by hand.",
    WhenWindowCloses.ROLL_BACK: "is rolled back, as was chosen.",
}
_BY_HAND = "had been paused by hand: it stays paused until somebody resumes it, in the next window too."


def told_of_the_closing(
    title: str, run_id: int, closing: WhenWindowCloses, refused: str = "", *, by_hand: bool = False
) -> Told:
    """`refused`: why what was chosen could not be done. `by_hand`: somebody had paused it before."""
    if by_hand:
        return Told("window_closed", f"“{title}”: the window has closed, and scheduled run {run_id} {_BY_HAND}", True)
    text = f"could not do what was chosen ({closing.replace('_', ' ')}): {refused}" if refused else _CLOSINGS[closing]
    alert = bool(refused) or closing is not WhenWindowCloses.FINISH
    return Told("window_closed", f"“{title}”: the window has closed, and scheduled run {run_id} {text}", alert)


def told_of_the_opening(title: str, run_id: int, why_not: str = "") -> Told:
    """`why_not`: what keeps the paused run from going on although its window is open."""
    if why_not:
        text = f"“{title}”: a window is open, and paused run {run_id} cannot go on: {why_not}"
        return Told("window_opened", text, alert=True)
    return Told("window_opened", f"“{title}”: a window is open, and paused run {run_id} goes on.", alert=False)
