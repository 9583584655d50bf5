"""Word that a review is about to expire, once for each time it was submitted."""

from datetime import datetime, timedelta

from migrations_app.engine.policy import outstanding
from migrations_app.engine.vocabulary import MigrationStatus, ReviewState
from migrations_app.models import Migration, NoticeKind, Notification
from migrations_app.runtime import settings
from migrations_app.selectors.signing import signing_of
from migrations_app.services import audit, finding, notifications
from migrations_app.services.actor import SYSTEM, Actor
from migrations_app.services.operation import operation

BEFORE = timedelta(hours=12)
_OPEN = (ReviewState.IN_REVIEW, ReviewState.APPROVED)
_KIND = NoticeKind.REVIEW_EXPIRES_SOON


def warn_due(*, now: datetime, actor: Actor = SYSTEM) -> int:
    """Tell of reviews that end within twelve hours. Returns of how many; a background loop calls this."""
    if not settings.current().enabled:
        return 0
    due = Migration.objects.filter(
        review_state__in=_OPEN,
        status=MigrationStatus.PLANNED,
        review_expires_at__gt=now,
        review_expires_at__lte=now + BEFORE,
    )
    told = Notification.objects.filter(kind=_KIND, done_at=None).values("migration")
    return sum(
        _warn(actor=actor, now=now, migration_id=pk) for pk in due.exclude(pk__in=told).values_list("pk", flat=True)
    )


@operation("review.warn", about="migration")
def _warn(*, actor: Actor, now: datetime, migration_id: int) -> bool:
    """Those whose signature is missing, and the author, whose turn it is when none is."""
    rows = Migration.objects.select_for_update(of=("self",)).select_related("environment", "created_by")
    migration = rows.filter(pk=migration_id, review_state__in=_OPEN, status=MigrationStatus.PLANNED).first()
    open_ones = Notification.objects.filter(kind=_KIND, migration=migration_id, done_at=None)
    if migration is None or migration.review_expires_at is None or open_ones.exists():
        return False
    revision = finding.newest_revision(migration)
    signing = signing_of(migration, revision, now=now)
    missing = outstanding(signing.asked.slots, signing.facts, revision.digest) if revision else ()
    ends = f"{migration.review_expires_at:%-d %B %H:%M} UTC"
    left = (
        f"{len(missing)} signature{'s are' if len(missing) != 1 else ' is'} missing" if missing else "start it before"
    )
    asked = Notification.objects.filter(kind=NoticeKind.SIGNATURE_WANTED, migration=migration, done_at=None)
    people = {row.person_id: row.person for row in asked.select_related("person")}
    notifications.tell(
        (people | {migration.created_by_id: migration.created_by}).values(),
        now=now,
        kind=_KIND,
        text=f"The review of “{migration.title}” expires on {ends}: {left}.",
        migration=migration,
        mail=True,
    )
    audit.record(
        actor=actor,
        now=now,
        action="review.warn",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        after={
            "title": migration.title,
            "expires_at": migration.review_expires_at.isoformat(),
            "missing": len(missing),
        },
    )
    return True
