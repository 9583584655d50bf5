"""What wants this person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.models import Notification
from migrations_app.models.actor import Actor

_DONE_SHOWN = 50
_OPEN_SHOWN = 200


@dataclass(frozen=True, slots=True)
class InboxItem:
    """`kind` e.g. signature_wanted, run_failed, run_stuck, confirmation_wanted. `open`: it still wants the person."""

    id: int
    kind: str
    text: str
    migration_id: int | None
    run_id: int | None
    environment: str
    at: datetime
    unread: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    open: tuple[InboxItem, ...]
    done: tuple[InboxItem, ...]


def inbox(*, actor: Actor) -> Inbox:
    """Open ones first, the newest 50 done ones after."""
    mine = _mine(actor)
    return Inbox(_items(mine.filter(done_at=None)[:_OPEN_SHOWN]), _items(mine.exclude(done_at=None)[:_DONE_SHOWN]))


def open_count(*, actor: Actor) -> int:
    return _mine(actor).filter(done_at=None).count()


def _mine(actor: Actor) -> QuerySet[Notification]:
    rows = Notification.objects.filter(person_id=actor.person_id) if actor.person_id else Notification.objects.none()
    return rows.select_related("migration__environment").order_by("-pk")


def _items(rows: Iterable[Notification]) -> tuple[InboxItem, ...]:
    return tuple(
        InboxItem(
            id=row.pk,
            kind=row.kind,
            text=row.text,
            migration_id=row.migration_id,
            run_id=row.run_id,
            environment=row.migration.environment.name if row.migration else "",
            at=row.created_at,
            unread=row.read_at is None,
            open=row.done_at is None,
        )
        for row in rows
    )
