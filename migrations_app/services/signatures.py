"""Counting and voiding signatures. Everything here runs in the caller's transaction, with the migration locked."""

from datetime import datetime

from migrations_app.engine.lifecycle import ReviewEvent, next_status
from migrations_app.engine.policy import outstanding, requirements_in_all
from migrations_app.engine.vocabulary import Decision, ReviewState
from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import Migration, Person, Signature
from migrations_app.runtime import webhooks
from migrations_app.selectors.signing import signing_of
from migrations_app.services import audit, finding, notifications
from migrations_app.services.actor import Actor


def live(migration: Migration) -> list[Signature]:
    """Approvals and declines that have not been voided."""
    rows = Signature.objects.filter(migration=migration, voided_at=None).exclude(decision=Decision.COMMENT)
    return list(rows.select_related("person"))


def recount(migration: Migration, *, actor: Actor, now: datetime) -> bool:
    """Approve the review when enough have signed its plan. Returns whether it is approved by this call."""
    revision = finding.newest_revision(migration)
    if migration.review_state != ReviewState.IN_REVIEW or revision is None:
        return False
    signing = signing_of(migration, revision, now=now)
    if signing.asked.blocked or outstanding(signing.asked.slots, signing.facts, revision.digest):
        return False
    move(migration, ReviewEvent.APPROVED)
    webhooks.announce_review(WebhookKind.REVIEW_APPROVED, migration, now=now)
    for kind in (notifications.SIGNATURE_WANTED, notifications.REVIEW_APPROVED):  # of an approval before, too
        notifications.settle(now=now, kind=kind, migration=migration)
    notifications.tell_author(
        migration,
        now=now,
        kind=notifications.REVIEW_APPROVED,
        text=f"“{migration.title}” is approved: the next step is yours.",
    )
    audit.record(
        actor=actor,
        now=now,
        action="review.approved",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        after={"digest": revision.digest, "asked": requirements_in_all(signing.asked.policies)},
    )
    return True


def void(migration: Migration, *, now: datetime, because: str) -> int:
    """Void every live signature. Returns how many there were."""
    rows = Signature.objects.filter(migration=migration, voided_at=None).exclude(decision=Decision.COMMENT)
    return rows.update(voided_at=now, voided_because=because[:200])


def void_of(migration: Migration, person: Person, *, now: datetime, because: str) -> int:
    """Void this person's live approval. Returns how many there were: 0 or 1. A decline stands."""
    rows = Signature.objects.filter(migration=migration, person=person, voided_at=None, decision=Decision.APPROVE)
    return rows.update(voided_at=now, voided_because=because[:200])


def void_by_change(migration: Migration, *, now: datetime, event: ReviewEvent, because: str) -> int:
    """What another content or a changed target does to a review: its signatures no longer count.

    Saves the review state and returns how many signatures were voided.
    """
    under_review = migration.review_state in (ReviewState.IN_REVIEW, ReviewState.APPROVED)
    voided = void(migration, now=now, because=because)
    move(migration, event)
    if under_review:
        notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration)
        notifications.tell_author(
            migration,
            now=now,
            kind=notifications.PLAN_VOIDED,
            text=f"The review of “{migration.title}” no longer counts: {because}.",
        )
    return voided


def move(migration: Migration, event: ReviewEvent) -> None:
    """The review's next state, saved. Raises IllegalTransition."""
    migration.review_state = next_status(ReviewState(migration.review_state), event)
    migration.save(update_fields=["review_state"])
