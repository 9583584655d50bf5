"""Review: submit, withdraw, and one person's decision on exactly one plan (DESIGN section 5)."""

from datetime import datetime, timedelta

from migrations_app.engine.lifecycle import ReviewEvent, next_status
from migrations_app.engine.vocabulary import Decision, MigrationStatus, ReviewState
from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import Migration, Person, PlanRevision, Signature
from migrations_app.runtime import webhooks
from migrations_app.selectors import reviews as shown
from migrations_app.selectors.planned_targets import changed_targets
from migrations_app.selectors.plans import since_seen
from migrations_app.selectors.signing import Signing, signing_of
from migrations_app.services import asking, audit, finding, notifications, signatures
from migrations_app.services.actor import SYSTEM, Actor
from migrations_app.services.checking import Check, invalid
from migrations_app.services.errors import Conflict, PermissionDenied, SignInRequired
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.presence import require_presence

EXPIRY = timedelta(hours=72)
MOST_COMMENT = 10_000
_OPEN = (ReviewState.IN_REVIEW, ReviewState.APPROVED)


@operation("review.submit", about="migration")
def submit(*, actor: Actor, now: datetime, migration_id: int, digest: str = "") -> ReviewState:
    """Ask for the signatures that the policies want; with none wanted it is approved at once.

    `digest`, when given, must be that of the newest plan. After a decline everybody decides anew. A plan that no
    policy is about is not submitted: Conflict with reason `no_policy`.
    """
    unlocked = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR)
    asking.hold(unlocked.environment_id)
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    revision = _planned(migration)
    _same_plan(revision, digest or revision.digest)
    _targets_as_planned(migration, revision)
    before = str(migration.review_state)
    migration.review_state = next_status(ReviewState(migration.review_state), ReviewEvent.SUBMITTED)
    migration.submitted_at = now
    migration.review_expires_at = now + EXPIRY
    migration.save(update_fields=["review_state", "submitted_at", "review_expires_at"])
    if before == ReviewState.REJECTED:  # or the approvals of others would outvote the decline without a new look
        signatures.void(migration, now=now, because="the plan was submitted again after a decline")
    webhooks.announce_review(WebhookKind.REVIEW_SUBMITTED, migration, now=now, by=actor.username)
    notifications.settle(now=now, kind=notifications.REVIEW_EXPIRES_SOON, migration=migration)
    asked = asking.begin(migration, revision, now=now)
    audit.record(
        actor=actor,
        now=now,
        action="review.submit",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before={"review_state": before},
        after={"review_state": str(migration.review_state), "digest": revision.digest, "revision": revision.number}
        | {"policies": [f"{policy.name} v{policy.version}" for policy in asked.policies]},
    )
    signatures.recount(migration, actor=actor, now=now)
    return ReviewState(migration.review_state)


@operation("review.withdraw", about="migration")
def withdraw(*, actor: Actor, now: datetime, migration_id: int) -> None:
    """Take the plan back from review; its signatures are void."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    finding.no_live_run(migration, "withdrawn")
    before = str(migration.review_state)
    signatures.move(migration, ReviewEvent.WITHDRAWN)
    voided = signatures.void(migration, now=now, because=f"{actor.username} withdrew the plan from review")
    notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration)
    audit.record(
        actor=actor,
        now=now,
        action="review.withdraw",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before={"review_state": before},
        after={"review_state": str(migration.review_state), "voided_signatures": voided},
    )


def decide(
    *, actor: Actor, now: datetime, migration_id: int, digest: str, decision: str, comment: str = ""
) -> ReviewState:
    """Approve, reject or comment on the plan with this digest.

    Raises, besides what permissions ask: SignInRequired for a token, StepUpRequired without a proof of presence
    from the last 300 s, PermissionDenied for whoever edited the migration or waived a finding of this plan
    (superusers too), Conflict with reason
    `digest_changed`, `already_signed`, `not_in_review` or `review_expired`, InvalidInput for a decline without a
    comment, or an approval without one where a policy asks for it.
    """
    _expire_if_due(actor=SYSTEM, now=now, migration_id=migration_id)
    return _decide(actor=actor, now=now, migration_id=migration_id, digest=digest, decision=decision, comment=comment)


@operation("review.decide", about="migration")
def _decide(*, actor: Actor, now: datetime, migration_id: int, digest: str, decision: str, comment: str) -> ReviewState:
    check = Check()
    word = check.one_of("decision", decision, list(Decision), "decision")
    text = check.text("comment", comment, most=MOST_COMMENT, lines=True)
    if word in (Decision.REJECT, Decision.COMMENT) and not text and not check.problems:
        check.problem(
            "comment",
            "A decline needs its reason." if word == Decision.REJECT else "There is no comment.",
            "Write what has to change.",
            "required",
        )
    if word == Decision.COMMENT:
        check.done()
        return _comment(actor, now, migration_id, digest, text)
    if actor.token_id is not None:
        raise SignInRequired(
            "A token cannot sign; nothing was signed.", f"Sign in the browser, on the page of migration {migration_id}."
        )
    migration = finding.migration(migration_id, actor=actor, permission=Permission.SIGN, lock=True)
    person = finding.person(actor)
    check.done()
    _may_ever_sign(migration, person)
    revision = _reviewed(migration)
    _same_plan(revision, digest)
    _targets_as_planned(migration, revision)
    signing = signing_of(migration, revision, now=now)
    _not_by_own_grant(migration, signing, person)
    if word == Decision.APPROVE and not text and signing.asked.comment_for:
        raise invalid(
            "comment",
            f"The policy “{signing.asked.comment_for[0]}” asks for a comment with each signature; nothing was signed.",
            "Write what you have looked at, and why this plan may run.",
            "required",
        )
    require_presence(actor, now=now, doing="Signing", left="nothing was signed")
    if signing.counts_of(person.username, Decision(word)):
        raise Conflict(
            f"You have signed this plan of “{migration.title}” already; that signature stands.",
            "There is nothing more to do.",
            reason="already_signed",
        )
    return _sign(actor, now, migration, revision, person, Decision(word), text)


def _may_ever_sign(migration: Migration, person: Person) -> None:
    why = shown.never_signs(migration, finding.newest_revision(migration), person.pk)
    if why:
        raise PermissionDenied(
            f"You cannot sign “{migration.title}”: {why}; nothing was signed.", "Ask somebody else who may approve."
        )


def _sign(
    actor: Actor,
    now: datetime,
    migration: Migration,
    revision: PlanRevision,
    person: Person,
    decision: Decision,
    comment: str,
) -> ReviewState:
    earlier = Signature.objects.filter(migration=migration, person=person, voided_at=None).exclude(
        decision=Decision.COMMENT
    )
    earlier.update(voided_at=now, voided_because=f"{person} decided again")
    _save(migration, revision, person, decision, comment, now, attested=bool(actor.attested))
    notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration, person_id=person.pk)
    if decision is Decision.REJECT:
        _decline(migration, person, now)
    audit.record(
        actor=actor,
        now=now,
        action=f"review.{decision}",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=comment,
        after={"digest": revision.digest, "revision": revision.number, "review_state": str(migration.review_state)}
        | {"shown_by": actor.shown_by, "second_factor": bool(actor.second_factor_at or actor.attested)},
    )
    if decision is Decision.APPROVE:
        signatures.recount(migration, actor=actor, now=now)
    return ReviewState(migration.review_state)


def _decline(migration: Migration, person: Person, now: datetime) -> None:
    finding.no_live_run(migration, "declined")
    signatures.move(migration, ReviewEvent.DECLINED)
    webhooks.announce_review(WebhookKind.REVIEW_REJECTED, migration, now=now, by=str(person))
    notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration)
    notifications.tell_author(
        migration,
        now=now,
        kind=notifications.REVIEW_REJECTED,
        text=f"{person} declined “{migration.title}”.",
        mail=True,
    )


def _comment(actor: Actor, now: datetime, migration_id: int, digest: str, text: str) -> ReviewState:
    migration = finding.migration(migration_id, actor=actor, permission=Permission.COMMENT, lock=True)
    revision = finding.newest_revision(migration)
    if revision is None:
        raise Conflict(f"“{migration.title}” has no plan to comment on yet.", "Plan it first.", reason="not_planned")
    _same_plan(revision, digest or revision.digest)
    _save(migration, revision, finding.person(actor), Decision.COMMENT, text, now)
    audit.record(
        actor=actor,
        now=now,
        action="review.comment",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=text,
        after={"digest": revision.digest, "revision": revision.number},
    )
    return ReviewState(migration.review_state)


def _save(
    migration: Migration,
    revision: PlanRevision,
    person: Person,
    decision: Decision,
    comment: str,
    now: datetime,
    *,
    attested: bool = False,
) -> None:
    Signature.objects.create(
        migration=migration,
        revision=revision,
        person=person,
        decision=decision,
        digest=revision.digest,
        findings_digest=revision.findings_digest,
        fingerprints=revision.fingerprints,
        comment=comment,
        attested=attested,
        at=now,
    )


def expire_due(*, now: datetime, actor: Actor = SYSTEM) -> int:
    """End the reviews whose time has passed. Returns how many; a background loop calls this."""
    due = Migration.objects.filter(review_state__in=_OPEN, review_expires_at__lte=now).values_list("pk", flat=True)
    return sum(_expire_if_due(actor=actor, now=now, migration_id=pk) for pk in due)


@operation("review.expire", about="migration", in_maintenance=True)
def _expire_if_due(*, actor: Actor, now: datetime, migration_id: int) -> bool:
    migration = (
        Migration.objects.select_for_update(of=("self",))
        .select_related("environment", "created_by")
        .filter(pk=migration_id, review_state__in=_OPEN, review_expires_at__lte=now, status=MigrationStatus.PLANNED)
        .first()
    )
    if migration is None:
        return False
    signatures.move(migration, ReviewEvent.EXPIRED)
    webhooks.announce_review(WebhookKind.REVIEW_EXPIRED, migration, now=now)
    voided = signatures.void(migration, now=now, because="the review expired")
    for kind in (notifications.SIGNATURE_WANTED, notifications.REVIEW_EXPIRES_SOON):
        notifications.settle(now=now, kind=kind, migration=migration)
    notifications.tell_author(
        migration,
        now=now,
        kind=notifications.REVIEW_EXPIRED,
        text=f"The review of “{migration.title}” expired; submit it again.",
    )
    audit.record(
        actor=actor,
        now=now,
        action="review.expire",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        after={"review_state": str(migration.review_state), "voided_signatures": voided},
    )
    return True


def _planned(migration: Migration) -> PlanRevision:
    revision = finding.newest_revision(migration)
    if revision is None or migration.status != MigrationStatus.PLANNED:
        raise Conflict(
            f"“{migration.title}” is {migration.get_status_display()} and has no plan that could be reviewed.",
            "Plan it first.",
            reason="not_planned",
        )
    return revision


def _reviewed(migration: Migration) -> PlanRevision:
    revision = finding.newest_revision(migration)
    if revision is None or migration.review_state not in _OPEN or migration.status != MigrationStatus.PLANNED:
        reason = "review_expired" if migration.review_state == ReviewState.EXPIRED else "not_in_review"
        raise Conflict(
            f"“{migration.title}” is not in review ({migration.get_review_state_display()}); nothing was signed.",
            "Ask the author to submit it.",
            reason=reason,
        )
    return revision


def _same_plan(revision: PlanRevision, digest: str) -> None:
    if digest != revision.digest:
        raise Conflict(
            "The plan has changed since you looked at it; nothing was signed or submitted.",
            f"Look at revision {revision.number} and decide on that one.",
            reason="digest_changed",
            digest=revision.digest,
            revision=revision.number,
            **since_seen(revision, digest),
        )


def _targets_as_planned(migration: Migration, revision: PlanRevision) -> None:
    changed = changed_targets(revision)
    if changed:
        raise Conflict(
            f"{', '.join(changed)} changed since “{migration.title}” was planned; nothing was signed or submitted.",
            "Plan again and look at what changed.",
            reason="target_changed",
        )


def _not_by_own_grant(migration: Migration, signing: Signing, person: Person) -> None:
    why = shown.own_grant(signing, person.pk)
    if why:
        raise PermissionDenied(
            f"You cannot sign “{migration.title}” yet: {why}; nothing was signed.",
            "Ask somebody else who may approve, or another admin for the grant.",
        )
