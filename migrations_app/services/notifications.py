"""Telling people what wants them: an inbox entry, and a mail that the dispatcher sends."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail

from migrations_app.models import Migration, NoticeKind, Notification, Person, Policy, Run, followers
from migrations_app.runtime import outbox
from migrations_app.services import finding
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation

SIGNATURE_WANTED = NoticeKind.SIGNATURE_WANTED
REVIEW_APPROVED = NoticeKind.REVIEW_APPROVED
BREAK_GLASS_REVIEW = NoticeKind.BREAK_GLASS_REVIEW
BREAK_GLASS = "break_glass"
BREAK_GLASS_CLOSED = "break_glass_closed"
REVIEW_EXPIRES_SOON = NoticeKind.REVIEW_EXPIRES_SOON
REVIEW_REJECTED = "review_rejected"
REVIEW_EXPIRED = "review_expired"
PLAN_VOIDED = "plan_voided"
POLICY_CHANGED = "policy_changed"
POLICY_PROPOSED = NoticeKind.POLICY_PROPOSED
OWN_GRANT = "own_grant"
WATCHED = "watched"
MOST_TEXT = 300


def tell(
    people: Iterable[Person],
    *,
    now: datetime,
    kind: str,
    text: str,
    migration: Migration | None = None,
    run: Run | None = None,
    policy: Policy | None = None,
    mail: bool = False,
) -> None:
    """In the caller's transaction. A person without a mail address gets the inbox entry only."""
    for person in people:
        row = Notification.objects.create(
            person=person, kind=kind, text=text[:MOST_TEXT], migration=migration, run=run, policy=policy, created_at=now
        )
        if mail and person.email:
            outbox.put_mail(notification_id=row.pk, now=now)


def tell_author(migration: Migration, *, now: datetime, kind: str, text: str, mail: bool = False) -> None:
    """The author, and as news whoever owns or watches the migration."""
    author = migration.created_by
    tell([author], now=now, kind=kind, text=text, migration=migration, mail=mail)
    others = [person for person in followers(migration) if person != author]
    tell(others, now=now, kind=WATCHED, text=text, migration=migration)


def settle_policy(policy: Policy, *, now: datetime) -> int:
    """Its proposal wants nobody any more."""
    return Notification.objects.filter(kind=POLICY_PROPOSED, policy=policy, done_at=None).update(done_at=now)


def settle(*, now: datetime, kind: str, migration: Migration, person_id: int | None = None) -> int:
    """It no longer wants anybody (or that person). Returns how many entries were open."""
    rows = Notification.objects.filter(kind=kind, migration=migration, done_at=None)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return rows.update(done_at=now)


@operation("notification.read", about="notification", in_maintenance=True)
def mark_read(*, actor: Actor, now: datetime, notification_id: int) -> None:
    """One's own; news is done with that. Nothing happens to those of others."""
    person = finding.person(actor)
    mine = Notification.objects.filter(person=person, pk=notification_id)
    mine.filter(read_at=None).update(read_at=now)
    mine.filter(done_at=None).exclude(kind__in=list(NoticeKind)).update(done_at=now)


@operation("notification.unread", about="notification", in_maintenance=True)
def mark_unread(*, actor: Actor, now: datetime, notification_id: int) -> None:
    """Take `mark_read` back. What wanted the person is as open as it was: reading never settled it."""
    mine = Notification.objects.filter(person=finding.person(actor), pk=notification_id)
    mine.update(read_at=None)
    mine.exclude(kind__in=list(NoticeKind)).update(done_at=None)


@operation("notification.read_all", about="notification", in_maintenance=True)
def mark_all_read(*, actor: Actor, now: datetime) -> None:
    mine = Notification.objects.filter(person=finding.person(actor))
    mine.filter(read_at=None).update(read_at=now)
    mine.filter(done_at=None).exclude(kind__in=list(NoticeKind)).update(done_at=now)


def deliver(*, notification_id: int, now: datetime) -> bool:
    """Mail one notification, at most once while mailing works. Returns whether this call sent it.

    Whoever sets `mailed_at` sends; a mail server that refuses sets it free for the next try and its error goes on.
    """
    if Notification.objects.filter(pk=notification_id, mailed_at=None).update(mailed_at=now) != 1:
        return False
    row = Notification.objects.select_related("person", "migration").get(pk=notification_id)
    try:
        send_mail(_subject(row), _body(row), None, [row.person.email])
    except OSError:
        Notification.objects.filter(pk=notification_id, mailed_at=now).update(mailed_at=None)
        raise
    return True


def _subject(row: Notification) -> str:
    return f"[Snakeweb] {row.text}"[:180]


def _body(row: Notification) -> str:
    if row.run_id is not None:
        path = f"/runs/{row.run_id}/"
    elif row.policy_id is not None:
        path = f"/policies/{row.policy_id}/"
    elif row.migration_id is not None:
        path = f"/migrations/{row.migration_id}/"
    else:
        path = "/inbox/"
    origins = getattr(settings, "CSRF_TRUSTED_ORIGINS", [])
    return f"{row.text}\n\n{origins[0] if origins else ''}{path}\n\nYou get this because of your role in Snakeweb.\n"
