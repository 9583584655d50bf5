"""What can be done with a migration now, the one thing to do next, and why something cannot be done."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.engine.break_glass import OVERRIDDEN_CODES
from migrations_app.engine.lifecycle import ARCHIVABLE
from migrations_app.engine.vocabulary import MigrationStatus, ReviewState
from migrations_app.models import Migration, PlanRevision
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.reviews import OPEN, ReviewPanel
from migrations_app.selectors.run_rows import RunRow
from migrations_app.selectors.start_check import StartCheck

_S = MigrationStatus
_EDITABLE = (_S.DRAFT, _S.PLANNED, _S.FAILED, _S.ROLLED_BACK)
_DRY_RUN_CODES = frozenset({"dry_run_missing", "dry_run_too_old"})


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one next action of a page. `operation`: plan, edit, validate, rehearse, submit, sign, execute, watch,
    confirm, resume, roll_back, clone or none. `run_id` says which run to watch or resume."""

    operation: str
    label: str
    enabled: bool
    why_not: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the decisions below look at."""

    migration: Migration
    revision: PlanRevision | None
    access: Access
    review: ReviewPanel
    start: StartCheck
    live: RunRow | None
    rollback_why_not: str
    stuck: RunRow | None = None
    promotion_why_not: str = ""
    rehearsal_why_not: str = ""

    def lacks(self, permission: Permission) -> str:
        environment = self.migration.environment
        if self.access.can(permission, environment.pk):
            return ""
        return f"you are no operator of {environment.name}"


def refusals_of(at: Situation) -> Mapping[str, str]:
    """Operation -> why not; '' where it is allowed now."""
    status = _S(at.migration.status)
    said = at.migration.get_status_display()
    busy = f"run {at.live.id} is under way" if at.live else ""
    editable = busy or ("" if status in _EDITABLE else f"the migration is {said}")
    planned = busy or ("" if status is _S.PLANNED else "plan it first" if status is _S.DRAFT else f"it is {said}")
    author, review = at.lacks(Permission.AUTHOR), at.review
    submit = planned or ("" if review.can_submit else "it is in review already")
    withdraw = planned or ("" if review.can_withdraw else "it is not in review")
    unmet = " ".join(u.message for u in at.start.unmet)
    cancellable = busy or ("" if status in (_S.DRAFT, _S.PLANNED, _S.FAILED) else f"it is {said}")
    return {
        "edit": author or editable,
        "plan": author or editable,
        "validate": at.lacks(Permission.VALIDATE) or planned,
        "rehearse": at.lacks(Permission.EXECUTE) or planned or at.rehearsal_why_not,
        "submit": author or submit,
        "withdraw": author or withdraw,
        "sign": review.why_not,
        "comment": "" if review.can_comment else "you cannot comment here, or there is no plan yet",
        "execute": at.lacks(Permission.EXECUTE) or busy or unmet,
        "break_glass": no_break_glass(at, busy),
        "roll_back": at.lacks(Permission.ROLL_BACK) or busy or at.rollback_why_not,
        "clone": author,
        "promote": at.promotion_why_not,
        "cancel": author or cancellable,
        "archive": author or busy or _archivable(at),
        "restore": author or ("" if at.migration.archived_at else "it is not archived"),
    }


def _archivable(at: Situation) -> str:
    migration = at.migration
    if migration.archived_at or migration.needs_person:
        return "it is archived already" if migration.archived_at else "it needs a person"
    return "" if migration.status in ARCHIVABLE else "it has not ended"


def no_break_glass(at: Situation, busy: str) -> str:
    """Why nothing is started here against unmet conditions; '' where somebody may."""
    if at.access.scopes is not None:
        return "a token never breaks the glass"
    kept = " ".join(unmet.message for unmet in at.start.unmet if unmet.code not in OVERRIDDEN_CODES)
    off = "" if at.migration.environment.break_glass_allowed else "break-glass is switched off there"
    nothing = "nothing is unmet that it would override" if at.start.ready else ""
    return at.lacks(Permission.BREAK_GLASS) or busy or off or kept or nothing


def next_action(at: Situation, refusals: Mapping[str, str]) -> NextAction:
    """The one thing to do next, also where it is somebody else's turn; then it is disabled and says whose."""
    if at.live is not None:
        return NextAction("watch", f"Watch run {at.live.id}", True, run_id=at.live.id)
    if at.stuck is not None:  # its page says what a person has to do before anything else
        return NextAction("watch", f"Open run {at.stuck.id}", True, run_id=at.stuck.id)
    status = _S(at.migration.status)
    if status is _S.DRAFT:
        return _offer("plan", "Plan", refusals)
    if status is _S.PLANNED:
        return _when_planned(at, refusals)
    if status is _S.COMPLETED:
        return _offer("roll_back", "Roll back", refusals)
    if status is _S.FAILED:
        if not refusals["roll_back"]:
            return _offer("roll_back", "Roll back", refusals)
        return _offer("plan", "Plan again", refusals)
    return _offer("clone", "Clone", refusals)


def _when_planned(at: Situation, refusals: Mapping[str, str]) -> NextAction:
    codes = {unmet.code for unmet in at.start.unmet}
    if "plan_is_stale" in codes or "handler_incompatible" in codes:
        return _offer("plan", "Plan again", refusals)
    if at.review.state in OPEN and at.review.missing and not refusals["sign"]:
        return _offer("sign", "Review and sign", refusals)
    if at.review.state is ReviewState.REJECTED:  # the same plan would be declined again
        return _offer("edit", "Change the plan", refusals)
    if codes & _DRY_RUN_CODES:
        return _offer("validate", "Dry run", refusals)
    if "not_rehearsed" in codes and not refusals["rehearse"]:
        return _offer("rehearse", "Rehearse", refusals)
    if at.start.ready:
        return _offer("execute", "Start", refusals)
    if at.review.can_submit:
        return _offer("submit", "Submit for review", refusals)
    if at.review.state is ReviewState.IN_REVIEW:
        wanted = at.review.missing
        return NextAction("sign", "Review and sign", False, refusals["sign"] or f"{wanted} more have to sign")
    return _offer("execute", "Start", refusals)


def _offer(operation: str, label: str, refusals: Mapping[str, str]) -> NextAction:
    why_not = refusals[operation]
    return NextAction(operation, label, not why_not, why_not)


def rollback_why_not(start: StartCheck) -> str:
    return " ".join(unmet.message for unmet in start.unmet)
