"""The rail of the migration page: Changes, Risk, Checks, Review, Schedule, Runs, and where it stands."""

from dataclasses import dataclass

from migrations_app.engine.vocabulary import TRIALS, ReviewState, RunKind, RunState
from migrations_app.selectors.migrations import MigrationPage
from migrations_app.web.wording import review_words


@dataclass(frozen=True, slots=True)
class Stop:
    """`state` is done, now, bad or ''."""

    label: str
    anchor: str
    note: str
    state: str = ""


def rail(page: MigrationPage) -> tuple[Stop, ...]:
    stops = [_changes(page), _risk(page), _checks(page), _review(page), _schedule(page), _runs(page)]
    if not any(stop.state == "bad" for stop in stops):
        index = next((i for i, stop in enumerate(stops) if stop.state != "done"), None)
        if index is not None:
            stop = stops[index]
            stops[index] = Stop(stop.label, stop.anchor, stop.note, "now")
    return tuple(stops)


def _changes(page: MigrationPage) -> Stop:
    if page.plan is None:
        return Stop("Changes", "changes", "not planned yet")
    steps = page.plan.steps
    fixed = sum(not step.reversible for step in steps)
    count = f"{len(steps)} step{'s' if len(steps) != 1 else ''}"
    return Stop("Changes", "changes", f"{count}, {fixed} irreversible" if fixed else f"{count}, all reversible", "done")


def _risk(page: MigrationPage) -> Stop:
    if page.risk is None:
        return Stop("Risk", "risk", "after planning")
    return Stop("Risk", "risk", f"{page.risk.level} · {page.risk.score}", "done")


def _checks(page: MigrationPage) -> Stop:
    run = page.last_dry_run
    if run is None:
        return Stop("Checks", "checks", "no dry run yet")
    if run.state == RunState.SUCCEEDED:
        return Stop("Checks", "checks", f"dry run {run.id} clean", "done")
    if run.is_final:
        return Stop("Checks", "checks", f"dry run {run.id} {run.state}", "bad")
    return Stop("Checks", "checks", f"dry run {run.id} is on its way")


def _review(page: MigrationPage) -> Stop:
    review = page.review
    if review.state in (ReviewState.REJECTED, ReviewState.EXPIRED):
        return Stop("Review", "review", review_words(review.state), "bad")
    if review.required == 0:
        return Stop("Review", "review", "no signature needed", "done" if page.plan else "")
    note = f"{review.approvals} of {review.required} signature{'s' if review.required != 1 else ''}"
    return Stop("Review", "review", note, "done" if review.state == ReviewState.APPROVED else "")


def _schedule(page: MigrationPage) -> Stop:
    started = page.has_run
    if started:
        scheduled = any(start.run_id for row in page.schedules for start in row.starts if row.kind is RunKind.APPLY)
        return Stop("Schedule", "start-check", "as scheduled" if scheduled else "started by hand", "done")
    waiting = next((row for row in page.schedules if row.waits and row.kind is RunKind.APPLY), None)
    if waiting is not None:
        return Stop("Schedule", "schedule", f"due {waiting.due_at:%d %b %H:%M} UTC", "done")
    unmet = len(page.start_check.unmet)
    if page.start_check.ready:
        return Stop("Schedule", "start-check", "can start now", "done")
    return Stop("Schedule", "start-check", f"{unmet} thing{'s' if unmet != 1 else ''} in the way")


def _runs(page: MigrationPage) -> Stop:
    real = [run for run in page.runs if run.kind not in TRIALS]
    if not real:
        return Stop("Runs", "runs", "none yet")
    newest = real[0]
    if newest.state in (RunState.FAILED, RunState.STUCK):
        return Stop("Runs", "runs", f"run {newest.id} {newest.state}", "bad")
    note = f"run {newest.id} {str(newest.state).replace('_', ' ')}"
    return Stop("Runs", "runs", note, "done" if newest.is_final else "")
