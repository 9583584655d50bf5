"""What each dangerous action reads back: what happens, to which thing, what is undone and what is not."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from migrations_app.engine.vocabulary import TRIALS, RunKind, RunState, StepState
from migrations_app.models.actor import Actor
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.run_steps import StepProgress
from migrations_app.selectors.runs import RunPage, run_page
from migrations_app.selectors.targets import target_page
from migrations_app.selectors.tokens import list_tokens
from migrations_app.web.confirming import Question

UNTOUCHED = (StepState.PENDING, StepState.UNDONE)
NOTHING = "nothing"  # how an undo that has nothing to do begins
LEAVE = "Leave it as it is"


def cancel_migration(*, actor: Actor, now: datetime, migration_id: int) -> Question:
    page = migration_page(actor=actor, migration_id=migration_id, now=now)
    row = page.row
    signed = page.review.approvals
    return Question(
        title="Cancel this migration?",
        says="It can no longer be planned, signed or started.",
        thing=row.title,
        environment=row.environment,
        protected=row.protected,
        button="Cancel migration",
        keep="Keep it",
        back=reverse("migration", args=[migration_id]),
        undone=(f"{signed} signature{'s' if signed != 1 else ''} of its plan",) if signed else (),
        kept=("Its targets: nothing on them is touched", "Its plans, runs and timeline; a clone starts over"),
        why_not=page.refusals.get("cancel", ""),
        asks_reason=True,
    )


def roll_back_migration(*, actor: Actor, now: datetime, migration_id: int) -> Question:
    page = migration_page(actor=actor, migration_id=migration_id, now=now)
    row, plan = page.row, page.plan
    return Question(
        title="Roll this migration back?",
        says="A new run undoes its steps, newest first, and verifies what it restored. What was written since then "
        "goes back with it.",
        thing=row.title,
        environment=row.environment,
        protected=row.protected,
        button="Roll back",
        keep=LEAVE,
        back=reverse("migration", args=[migration_id]),
        undone=_effects(step.title for step in plan.rollback_steps) if plan else (),
        kept=tuple(f"{step.title}: nothing takes that back" for step in plan.steps if not step.reversible)
        if plan
        else (),
        why_not=page.refusals.get("roll_back", ""),
    )


def withdraw_waiver(*, actor: Actor, now: datetime, migration_id: int, waiver_id: int) -> Question:
    page = migration_page(actor=actor, migration_id=migration_id, now=now)
    row, risk = page.row, page.risk
    counting = [each.waiver for each in risk.findings if each.waiver] if risk else []
    waiver = next((each for each in counting if each.id == waiver_id), None)
    says = ""
    if risk and waiver:
        says = f"The finding and its weight of {waiver.weight} count again; the risk is {risk.score} of 100 without. "
        says += "A policy that asks by the level of the risk may want more signatures then."
    return Question(
        title="Withdraw this waiver?",
        says=says,
        thing=waiver.title if waiver else row.title,
        environment=row.environment,
        protected=row.protected,
        button="Withdraw waiver",
        keep="Let it stand",
        back=reverse("migration", args=[migration_id]),
        kept=("Signatures that were given", "The waiver's record: who gave it, why, and that it was withdrawn"),
        why_not=page.waiving.why_not or ("" if waiver else "there is no such waiver that still counts"),
        dangerous=False,
    )


def roll_back_run(*, actor: Actor, now: datetime, run_id: int) -> Question:
    page = run_page(actor=actor, run_id=run_id, now=now)
    live = not page.row.is_final
    says = (
        "The run turns round at its next batch and undoes what it did, newest first."
        if live
        else "A new run undoes what this one did, newest first, and verifies what it restored. What was written since "
        "then goes back with it."
    )
    return _about_run(page, "roll_back", f"Roll run {run_id} back?", says, "Roll back")


def cancel_run(*, actor: Actor, now: datetime, run_id: int) -> Question:
    page = run_page(actor=actor, run_id=run_id, now=now)
    says = "The run stops at its next batch, and what it did so far is undone. The migration can be started again."
    if page.row.kind is RunKind.DRY_RUN:
        says = "The dry run stops at its next step. It writes nothing, so there is nothing to undo."
    if page.row.kind is RunKind.REHEARSAL:
        says = "The rehearsal stops at its next batch, and what it wrote beside the target is removed."
    return _about_run(page, "cancel", f"Cancel run {run_id}?", says, "Cancel the run")


def bring_back(*, actor: Actor, now: datetime, run_id: int) -> Question:
    page = run_page(actor=actor, run_id=run_id, now=now)
    says = (
        "Every bucket goes back to the old store. Writes wait for a moment and nothing is lost; the run lives on and "
        "waits until somebody hands over again."
    )
    return _about_run(page, "bring_back", "Bring everything back?", says, "Bring back", dangerous=False, effects=False)


def let_step_run(*, actor: Actor, now: datetime, run_id: int) -> Question:
    """The separate confirmation of a step that nothing takes back, such as retiring the source."""
    page = run_page(actor=actor, run_id=run_id, now=now)
    waiting = page.confirmation
    step = next((s for s in page.steps if waiting and s.id == waiting.step), None)
    asked = waiting.question if waiting and " " in waiting.question else ""
    return Question(
        title=f"Let “{waiting.title}” run?" if waiting else "Let this step run?",
        says=f"{asked} Nothing of this step has been done yet.".strip(),
        thing=page.row.migration_title,
        environment=page.row.environment,
        protected=page.row.protected,
        button="Confirm",
        keep="Not now",
        back=reverse("run", args=[run_id]),
        kept=(f"{step.title}: nothing takes that back",) if step and not step.reversible else (),
        why_not="" if waiting and waiting.can_confirm else waiting.why_not if waiting else "no step waits for it",
        fields=(("step", waiting.step), ("digest", waiting.digest), ("decision", "approve")) if waiting else (),
    )


def archive_target(*, actor: Actor, target_id: int) -> Question:
    page = target_page(actor=actor, target_id=target_id)
    row = page.row
    return Question(
        title=f"Archive {row.name}?",
        says="No new plan can use it, and it leaves the lists.",
        thing=row.name,
        environment=row.environment,
        protected=row.protected,
        button="Archive",
        keep="Keep it",
        back=reverse("target", args=[target_id]),
        kept=("The store itself: nothing on it is touched", "The migrations that used it, with their history"),
        why_not=page.why_not_edit,
        fields=(("version", str(row.version)),),
    )


def revoke_token(*, actor: Actor, token_id: int) -> Question:
    token = next((t for t in list_tokens(actor=actor) if t.id == token_id and t.revoked_at is None), None)
    return Question(
        title=f"Revoke “{token.name}”?" if token else "Revoke this token?",
        says="Programs that use it stop working at once. A token that is revoked never works again.",
        thing=token.name if token else "",
        button="Revoke",
        keep="Keep it",
        back=reverse("settings_tokens"),
        why_not="" if token else "you have no such token, or it is revoked already",
    )


def _about_run(
    page: RunPage, operation: str, title: str, says: str, button: str, *, dangerous: bool = True, effects: bool = True
) -> Question:
    row = page.row
    action = next((a for a in page.actions if a.operation == operation), None)
    done = [step for step in reversed(page.steps) if step.state not in UNTOUCHED] if effects else []
    return Question(
        title=title,
        says=says,
        thing=row.migration_title,
        environment=row.environment,
        protected=row.protected,
        button=button,
        keep=LEAVE,
        back=reverse("run", args=[row.id]),
        undone=_effects(step.undo_title for step in done if step.reversible) if _writes(row.kind, row.state) else (),
        kept=_for_good(done),
        why_not=action.why_not if action else f"run {row.id} is {row.state.replace('_', ' ')}",
        dangerous=dangerous and row.kind not in TRIALS,
    )


def _writes(kind: RunKind, state: RunState) -> bool:
    return kind not in TRIALS and state is not RunState.ROLLED_BACK


def _for_good(steps: Iterable[StepProgress]) -> tuple[str, ...]:
    return tuple(f"{step.title}: nothing takes that back" for step in steps if not step.reversible)


def _effects(titles: Iterable[str]) -> tuple[str, ...]:
    return tuple(title[:1].upper() + title[1:] for title in titles if not title.startswith(NOTHING))
