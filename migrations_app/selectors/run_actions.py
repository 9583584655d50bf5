"""What a viewer may do with a run now; disabled buttons say why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import ParkedFor, RunView
from migrations_app.engine.start_check import ROLLBACK_WITHOUT_REVIEW_FOR
from migrations_app.engine.vocabulary import TRIALS, MigrationStatus, RunKind, RunState, Signal, StepState
from migrations_app.models import Run, ScheduledStart
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.hand_over import (
    BRING_BACK,
    CUT_OVER,
    POSTPONE,
    THROTTLE,
    impossible,
    moved_route,
    needless,
    route_row,
    standing_of,
)
from migrations_app.selectors.start_check import later_runs, started_steps

_MOVING = (RunState.QUEUED, RunState.RUNNING, RunState.PARKED)
_GOES_FORWARD = (*_MOVING, RunState.PAUSED)
_ASKED = {
    Signal.PAUSE: "it was asked to pause",
    Signal.CANCEL: "it was asked to cancel",
    Signal.ROLL_BACK: "it was asked to roll back",
}


@dataclass(frozen=True, slots=True)
class RunAction:
    """A button. `operation`: pause, resume, cancel, retry, roll_back, cut_over, postpone, bring_back, throttle.

    Disabled ones say why. `is_next`: the one thing to do next; `confirm` is what a person is asked first.
    """

    operation: str
    label: str
    enabled: bool
    why_not: str
    danger: bool = False
    is_next: bool = False
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmationWanted:
    """A step that waits for a person. Post `digest` back with the decision (approve | reject)."""

    step: str
    title: str
    question: str
    digest: str
    can_confirm: bool
    why_not: str


def actions_of(run: Run, access: Access, *, now: datetime) -> tuple[RunAction, ...]:
    """Only those that this kind of run knows; needs `run.migration.environment`."""
    reasons = {**_reasons(run, now), **_hand_over_reasons(run)}
    environment = run.migration.environment
    controls = access.can(Permission.CONTROL, environment.pk)
    rolls_back = access.can(Permission.ROLL_BACK, environment.pk)
    actions = []
    for operation, name, danger in _LABELS:
        if operation not in reasons:
            continue
        allowed = rolls_back if operation in ("roll_back", BRING_BACK) else controls
        why = reasons[operation] if allowed else f"you are no operator of {environment.name}"
        label = "Keep paused" if operation == "pause" and run.signal == Signal.PAUSE else name
        confirm = _CONFIRM.get(operation, _CONFIRM_DANGER if danger else "")
        actions.append(RunAction(operation, label, not why, why, danger, confirm=confirm))
    candidates = ("resume", "retry", *((CUT_OVER,) if run.parked_because == ParkedFor.HELD else ()))
    following = next((name for name in candidates if any(a.operation == name and a.enabled for a in actions)), "")
    return tuple(replace(action, is_next=action.operation == following) for action in actions)


_LABELS = (
    (CUT_OVER, "Hand over now", False),
    (POSTPONE, "Postpone", False),
    (BRING_BACK, "Bring back", False),
    (THROTTLE, "Throttle", False),
    ("pause", "Pause", False),
    ("resume", "Resume", False),
    ("retry", "Retry", False),
    ("cancel", "Cancel", True),
    ("roll_back", "Roll back", True),
)


_CONFIRM_DANGER = "Are you sure? What this run did so far is undone."
_CONFIRM = {
    BRING_BACK: "Bring every bucket back to the old store? Writes wait for a moment and nothing is lost; the run lives "
    "on and waits until somebody hands over again.",
}


def _hand_over_reasons(run: Run) -> Mapping[str, str]:
    """The same for the hand-over of a live zero-downtime run."""
    moved = moved_route(run.revision.content)
    if moved is None or run.kind != RunKind.APPLY or RunState(run.state).is_final:
        return {}
    at = standing_of(run, moved, route_row(run, moved))
    if at.switched:
        return {}
    names = (CUT_OVER, POSTPONE, BRING_BACK) if at.copied else (CUT_OVER, POSTPONE, BRING_BACK, THROTTLE)
    return {name: impossible(at, name) or needless(at, name) for name in names}


def _reasons(run: Run, now: datetime) -> Mapping[str, str]:
    """Operation -> why not ('' when it can be asked for); operations that make no sense here are left out."""
    state, kind = RunState(run.state), RunKind(run.kind)
    said = state.replace("_", " ")
    asked = _ASKED.get(Signal(run.signal), "")
    if state in (RunState.FAILED, RunState.STUCK):
        reasons = {} if kind in TRIALS and state is RunState.FAILED else {"retry": _retry_reason(run)}
        if state is RunState.FAILED and kind is RunKind.APPLY:
            reasons["roll_back"] = _rollback_reason(run, now)
        return reasons
    if state is RunState.SUCCEEDED:
        return {"roll_back": _rollback_reason(run, now)} if kind is RunKind.APPLY else {}
    if state.is_final:
        return {}
    forward = "" if state in _GOES_FORWARD else f"it is {said}"
    reasons = {"cancel": asked if Signal(run.signal) in (Signal.CANCEL, Signal.ROLL_BACK) else forward}
    if run.signal == Signal.PAUSE:  # also before the pause has taken effect
        reasons["resume"] = forward
        if ScheduledStart.objects.filter(run=run, waits_for_window=True).exists():  # no longer by what its window does
            reasons["pause"] = forward
    elif state is RunState.PAUSED:
        reasons["resume"] = asked or "it goes on in a moment"
    else:
        reasons["pause"] = asked or ("" if state in _MOVING else f"it is {said}")
    if kind is RunKind.APPLY:
        reasons["roll_back"] = asked if run.signal == Signal.ROLL_BACK else forward or _no_way_back(run)
    if kind is RunKind.ROLLBACK:
        reasons.pop("cancel")
    return reasons


def _retry_reason(run: Run) -> str:
    if run.started_at is None:
        return "it never started; plan again"
    return _came_after(run) or _used_since(run)


def _rollback_reason(run: Run, now: datetime) -> str:
    if run.migration.status not in (MigrationStatus.COMPLETED, MigrationStatus.FAILED):
        return f"the migration is {run.migration.get_status_display()}"
    if later := _came_after(run):
        return later
    long_ago = run.ended_at is not None and now - run.ended_at > ROLLBACK_WITHOUT_REVIEW_FOR
    if run.state == RunState.SUCCEEDED and long_ago:
        return "it ended more than 24 hours ago; plan a migration the other way"
    if not run.revision.content["options"].get("rollback_enabled", True):
        return "it was executed without a rollback"
    return _no_way_back(run) or _used_since(run)


def _came_after(run: Run) -> str:
    """A migration's last run alone is retried or rolled back: a later one built upon what this one left."""
    later = run.migration.runs.filter(pk__gt=run.pk).order_by("-pk").first()
    return f"run {later.pk} came after it" if later else ""


def _used_since(run: Run) -> str:
    """The same of other migrations' runs on its targets; asked last, as it looks at all that came later there."""
    if run.kind in TRIALS:
        return ""
    other = next(later_runs(run, Plan.from_content(run.revision.content)), None)
    return f"{other.target} was used by {other.named} later; roll that back first" if other else ""


def _no_way_back(run: Run) -> str:
    titles = Plan.from_content(run.revision.content).irreversible(started_steps(run))
    return f"“{titles[0]}” has begun, and nothing takes that back; plan a migration the other way" if titles else ""


def confirmation_of(run: Run, view: RunView, access: Access) -> ConfirmationWanted | None:
    """The step that waits for its separate confirmation, if one does."""
    waiting = next(
        (s for s in view.steps if s.confirmation_wanted and not s.decision and s.state is StepState.WAITING), None
    )
    if waiting is None or view.is_final:
        return None
    allowed = access.can(Permission.SIGN_OFF, run.migration.environment_id)
    return ConfirmationWanted(
        step=waiting.id,
        title=waiting.title,
        question=view.plan.step(waiting.id).confirm,
        digest=run.revision.digest,
        can_confirm=allowed,
        why_not="" if allowed else f"you are neither operator nor approver in {run.migration.environment.name}",
    )
