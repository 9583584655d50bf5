"""Who signed what, who still can, and why you cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.policy import could_help, counted, filled, wanted
from migrations_app.engine.vocabulary import Decision, MigrationStatus, ReviewState
from migrations_app.models import Migration, MigrationEditor, PlanRevision
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.planned_targets import changed_targets
from migrations_app.selectors.signing import Signing, quarantined
from migrations_app.selectors.waivers import answered_for

STEP_UP = timedelta(seconds=300)  # a signature needs a proof of presence no older (DESIGN section 5)
OPEN = (ReviewState.IN_REVIEW, ReviewState.APPROVED)


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """`current`: on the newest plan and not voided; it counts then, unless `why_not` says why it does not today.
    `revision` is the number it was given on."""

    id: int
    person_id: int
    name: str
    username: str
    decision: Decision
    revision: int
    digest: str
    at: datetime
    comment: str
    current: bool
    why_not: str
    voided_at: datetime | None
    voided_because: str


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A place for one signature: `wanted` says whose (“a member of dba”), `filled_by` is '' while it is open."""

    policy: str
    version: int
    wanted: str
    filled_by: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A policy that asks for signatures of this plan. `since` is None before the plan is in review."""

    policy_id: int
    name: str
    version: int
    requires: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SignerRow:
    """Somebody with the approver role here. `why_not` is '' when nothing bars them from signing. `fits`: their
    signature would fill a place that is open."""

    person_id: int
    name: str
    username: str
    signed: bool
    why_not: str
    fits: bool


@dataclass(frozen=True, slots=True)
class ReviewPanel:
    """`why_not` says why this viewer cannot sign ('' when they can). `needs_step_up`: they can, once they have
    shown their password or second factor again. `required` counts the places, `missing` those that are open, `wanted`
    says whose signatures they want. `no_policy`: signatures are wanted here, and no policy says whose. `comment_for`
    names the policies that ask for a comment with each signature."""

    state: ReviewState
    required: int
    approvals: int
    missing: int
    wanted: str
    no_policy: bool
    comment_for: tuple[str, ...]
    submitted_at: datetime | None
    expires_at: datetime | None
    digest: str
    can_sign: bool
    why_not: str
    needs_step_up: bool
    can_comment: bool
    can_submit: bool
    can_withdraw: bool
    signatures: tuple[SignatureRow, ...]
    signers: tuple[SignerRow, ...]
    slots: tuple[SlotRow, ...]
    policies: tuple[AskedRow, ...]


def review_panel(
    actor: Actor,
    access: Access,
    migration: Migration,
    revision: PlanRevision | None,
    signing: Signing,
    *,
    now: datetime,
) -> ReviewPanel:
    digest = revision.digest if revision else ""
    facts = signing.facts
    slots = signing.asked.slots
    taken = filled(slots, facts, digest)
    author = access.can(Permission.AUTHOR, migration.environment_id)
    planned = revision is not None and migration.status == MigrationStatus.PLANNED
    why_not = cannot_sign(actor, access, migration, revision, signing, now=now)
    return ReviewPanel(
        state=ReviewState(migration.review_state),
        required=len(slots),
        approvals=len(counted(facts, digest)),
        missing=len(slots) - len(taken),
        wanted=wanted(slot for index, slot in enumerate(slots) if index not in taken),
        no_policy=signing.asked.blocked,
        comment_for=signing.asked.comment_for,
        submitted_at=migration.submitted_at,
        expires_at=migration.review_expires_at if migration.review_state in OPEN else None,
        digest=digest,
        can_sign=not why_not,
        why_not=why_not,
        needs_step_up=not why_not and not recently_present(actor, now),
        can_comment=revision is not None and access.can(Permission.COMMENT, migration.environment_id),
        can_submit=author and planned and migration.review_state not in OPEN,
        can_withdraw=author and migration.review_state in OPEN and planned,
        signatures=_signatures(signing, digest),
        signers=_signers(signing, digest),
        slots=tuple(
            SlotRow(slot.policy, slot.version, slot.sentence(), taken.get(index, ""))
            for index, slot in enumerate(slots)
        ),
        policies=_policies(migration, signing),
    )


def cannot_sign(
    actor: Actor,
    access: Access,
    migration: Migration,
    revision: PlanRevision | None,
    signing: Signing,
    *,
    now: datetime,
) -> str:
    """Why this actor cannot sign now; '' when nothing but a fresh proof of presence may be missing."""
    if actor.person_id is None or actor.person_id in signing.barred:
        return never_signs(migration, revision, actor.person_id, signing.editors)
    if actor.scopes is not None:
        return "a token cannot sign"
    if not access.can(Permission.SIGN, migration.environment_id):
        return f"you do not have the approver role in {migration.environment.name}"
    because = own_grant(signing, actor.person_id)
    if because:
        return because
    if revision is None:
        return "there is no plan yet"
    if migration.status != MigrationStatus.PLANNED:
        return f"the migration is {migration.get_status_display()}"
    if migration.review_state not in OPEN:
        return f"it is not in review ({migration.get_review_state_display()})"
    if migration.review_expires_at is not None and migration.review_expires_at <= now:
        return "the review has expired"
    changed = changed_targets(revision)
    if changed:
        return f"{', '.join(changed)} changed since this was planned"
    return "you have signed it" if signing.counts_of(actor.username, Decision.APPROVE) else ""


def never_signs(
    migration: Migration,
    revision: PlanRevision | None,
    person_id: int | None,
    editors: Iterable[MigrationEditor] | None = None,
) -> str:
    """Why this person can never sign this plan: '' or what they wrote or waived. Superusers are no exception.

    `editors`: where those of the migration are known already.
    """
    wrote = barred(migration, person_id, editors)
    if wrote or revision is None or person_id is None:
        return wrote
    titles = answered_for(migration, revision.digest).get(person_id, "")
    return f"you waived {titles} of this plan, and who answers for its risk does not sign it" if titles else ""


def barred(migration: Migration, person_id: int | None, editors: Iterable[MigrationEditor] | None = None) -> str:
    """Why this person can neither sign this migration nor waive its risk, whatever its plan: '' or what they wrote.

    `editors`: where those of the migration are known already.
    """
    if person_id is None:
        return "you are not logged in"
    edits = MigrationEditor.objects.filter(migration=migration, person_id=person_id) if editors is None else editors
    numbers = sorted({edit.revision for edit in edits if edit.person_id == person_id})
    if numbers and migration.status == MigrationStatus.DRAFT:  # the number is that of the revision it will become
        return "you wrote this draft"
    if numbers:
        return f"you wrote revision{'s' if len(numbers) > 1 else ''} {' and '.join(map(str, numbers))}"
    return "you wrote this migration" if migration.created_by_id == person_id else ""


def own_grant(signing: Signing, person_id: int | None) -> str:
    """Why somebody whose role is young, and owed to themselves or to whoever wrote the plan, cannot sign yet."""
    approver = signing.approver(person_id)
    return quarantined(approver, you=True) if approver else ""


def recently_present(actor: Actor, now: datetime) -> bool:
    """Whether the person showed within the last 300 s that it is them."""
    return _fresh(actor.reauthenticated_at, now)


def second_factor_recently(actor: Actor, now: datetime) -> bool:
    """The same by a second factor, not by the password alone."""
    return _fresh(actor.second_factor_at, now)


def _fresh(shown: datetime | None, now: datetime) -> bool:
    return shown is not None and timedelta(0) <= now - shown <= STEP_UP


def _signatures(signing: Signing, digest: str) -> tuple[SignatureRow, ...]:
    why_not = {fact.person: fact.not_eligible_because for fact in signing.facts if fact.digest == digest}
    return tuple(
        SignatureRow(
            id=row.pk,
            person_id=row.person_id,
            name=str(row.person),
            username=row.person.username,
            decision=Decision(row.decision),
            revision=row.revision.number,
            digest=row.digest,
            at=row.at,
            comment=row.comment,
            current=row.voided_at is None and row.digest == digest,
            why_not=why_not.get(row.person.username, "") if row.voided_at is None else "",
            voided_at=row.voided_at,
            voided_because=row.voided_because,
        )
        for row in signing.signatures
    )


def _signers(signing: Signing, digest: str) -> tuple[SignerRow, ...]:
    signed = {fact.person for fact in signing.facts if fact.digest == digest and fact.decision is Decision.APPROVE}
    candidates = [approver.signer for approver in signing.approvers if not signing.why_not(approver)]
    fitting = set(could_help(signing.asked.slots, signing.facts, digest, candidates))
    return tuple(
        SignerRow(
            person_id=approver.person.pk,
            name=str(approver.person),
            username=approver.person.username,
            signed=approver.person.username in signed,
            why_not=signing.why_not(approver),
            fits=approver.person.username in fitting,
        )
        for approver in signing.approvers
    )


def _policies(migration: Migration, signing: Signing) -> tuple[AskedRow, ...]:
    asked = migration.asked_policies.filter(dropped_at=None).values_list("version", "asked_at")
    since = dict(asked) if migration.review_state in OPEN else {}
    return tuple(
        AskedRow(
            policy_id=policy.policy_id,
            name=policy.name,
            version=policy.version,
            requires=policy.requires,
            since=since.get(policy.id),
        )
        for policy in signing.asked.policies
    )
