"""What wants this person, and what is news to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from migrations_app.engine.vocabulary import FINAL_RUN_STATES, TRIALS, MigrationStatus, ReviewState, RunState
from migrations_app.models import NoticeKind, Notification
from migrations_app.models.actor import Actor

_PAST_SHOWN = 50
_OPEN_SHOWN = 200
_STARTED = (
    MigrationStatus.EXECUTING,
    MigrationStatus.PAUSED,
    MigrationStatus.COMPLETED,
    MigrationStatus.FAILED,
    MigrationStatus.ROLLING_BACK,
    MigrationStatus.ROLLED_BACK,
)
# To sign, to look at afterwards, to confirm, to start, to look after. Each leaves by itself when there is nothing to do
# about it any more.
_WANTED = (
    Q(kind=NoticeKind.SIGNATURE_WANTED) & ~Q(migration__status__in=_STARTED)  # by break-glass
    | Q(
        kind=NoticeKind.REVIEW_EXPIRES_SOON,
        migration__review_state__in=(ReviewState.IN_REVIEW, ReviewState.APPROVED),
        migration__status=MigrationStatus.PLANNED,
    )
    | Q(kind=NoticeKind.BREAK_GLASS_REVIEW)
    | Q(kind=NoticeKind.CONFIRMATION_WANTED) & ~Q(run__state__in=FINAL_RUN_STATES)
    | Q(
        kind=NoticeKind.REVIEW_APPROVED,
        migration__review_state=ReviewState.APPROVED,
        migration__status=MigrationStatus.PLANNED,
    )
    | Q(kind=NoticeKind.RUN_FAILED, migration__status=MigrationStatus.FAILED) & ~Q(run__kind__in=TRIALS)
    | Q(kind=NoticeKind.RUN_STUCK, run__state=RunState.STUCK)
    | Q(kind=NoticeKind.POLICY_PROPOSED)
)
# What is broken comes first, then a run that holds its targets until somebody answers.
_URGENT = (NoticeKind.RUN_STUCK, NoticeKind.RUN_FAILED, NoticeKind.CONFIRMATION_WANTED, NoticeKind.BREAK_GLASS_REVIEW)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """`kind` is a `NoticeKind` or a kind of news. `open`: it still wants the person."""

    id: int
    kind: str
    text: str
    migration_id: int | None
    run_id: int | None
    policy_id: int | None
    environment: str
    protected: bool
    at: datetime
    unread: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """`open` wants the person, `news` does not and never did, `done` wanted them once."""

    open: tuple[InboxItem, ...]
    news: tuple[InboxItem, ...]
    done: tuple[InboxItem, ...]
    unread_news: int

    def find(self, item_id: int) -> InboxItem | None:
        return next((item for item in (*self.open, *self.news, *self.done) if item.id == item_id), None)


def inbox(*, actor: Actor) -> Inbox:
    """What wants the person: the most urgent first. News and what is done: the newest 50 each, newest first."""
    mine = _mine(actor)
    wanting = list(_wanting(mine)[:_OPEN_SHOWN])
    asked = Q(kind__in=list(NoticeKind))
    return Inbox(
        open=_items(wanting, wanting=True),
        news=_items(mine.exclude(asked)[:_PAST_SHOWN]),
        done=_items(mine.filter(asked).exclude(pk__in=[row.pk for row in wanting])[:_PAST_SHOWN]),
        unread_news=mine.exclude(asked).filter(read_at=None).count(),
    )


def waiting(*, actor: Actor, most: int) -> tuple[InboxItem, ...]:
    """What wants the person now, the most urgent first: the inbox's first tab alone."""
    return _items(_wanting(_mine(actor))[:most], wanting=True)


def open_count(*, actor: Actor) -> int:
    return _wanting(_mine(actor)).count()


def _wanting(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    urgency = Case(
        *(When(kind=kind, then=Value(place)) for place, kind in enumerate(_URGENT)),
        default=Value(len(_URGENT)),
        output_field=IntegerField(),
    )
    return rows.filter(_WANTED, done_at=None).order_by(urgency, "-pk")


def _mine(actor: Actor) -> QuerySet[Notification]:
    rows = Notification.objects.filter(person_id=actor.person_id) if actor.person_id else Notification.objects.none()
    return rows.select_related("migration__environment").order_by("-pk")


def _items(rows: Iterable[Notification], *, wanting: bool = False) -> tuple[InboxItem, ...]:
    return tuple(
        InboxItem(
            id=row.pk,
            kind=row.kind,
            text=row.text,
            migration_id=row.migration_id,
            run_id=row.run_id,
            policy_id=row.policy_id,
            environment=row.migration.environment.name if row.migration else "",
            protected=bool(row.migration and row.migration.environment.protected),
            at=row.created_at,
            unread=row.read_at is None,
            open=wanting,
        )
        for row in rows
    )
