"""Webhooks and their deliveries, for whoever manages them. Nothing that is sealed is read here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from migrations_app.engine.webhooks import DeliveryState
from migrations_app.models import Delivery, DeliveryTry, Webhook
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.paging import PAGE, Listing, cut
from migrations_app.selectors.refusals import NotFound, PermissionDenied

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """`environment` is '' for all. `address` is its server and six digits of the rest. `waiting` counts messages."""

    id: int
    name: str
    environment_id: int | None
    environment: str
    kinds: tuple[str, ...]
    address: str
    state: str
    from_settings: bool
    failing_since: datetime | None
    earlier_secret_until: datetime | None
    waiting: int
    archived: bool
    version: int
    created_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TryRow:
    """`status` is None without an answer; `said` is its first bytes, or why there was none."""

    number: int
    at: datetime
    status: int | None
    milliseconds: int
    said: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """`message` is the `webhook-id`. `due_at` is its next try while it waits."""

    id: int
    message: str
    kind: str
    state: str
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    log: tuple[TryRow, ...]


def list_webhooks(*, actor: Actor, archived: bool = False) -> tuple[WebhookRow, ...]:
    """By name. Raises PermissionDenied for whoever manages them nowhere."""
    access = access_of(actor)
    if not access.anywhere(Permission.MANAGE_WEBHOOKS):
        raise PermissionDenied("You may not manage webhooks; this needs the role admin.", "Ask an admin.")
    rows = Webhook.objects.filter(managed(access))
    return _rows(rows if archived else rows.filter(archived_at=None))


def webhook_row(*, actor: Actor, webhook_id: int) -> WebhookRow:
    """Raises NotFound, the same for one of an environment that is hidden, and PermissionDenied."""
    access = access_of(actor)
    found = _rows(Webhook.objects.filter(pk=webhook_id)) if 0 < webhook_id <= LARGEST_ID else ()
    if not found or not access.can(Permission.VIEW, found[0].environment_id):
        absent = NotFound(f"There is no webhook {str(webhook_id)[:20]}.", "Look at the list of webhooks.")
        raise absent.unless_hidden(Webhook.objects.filter(pk=min(webhook_id, LARGEST_ID)))
    if not access.can(Permission.MANAGE_WEBHOOKS, found[0].environment_id):
        refused = PermissionDenied("You may not manage this webhook; this needs the role admin.", "Ask an admin.")
        raise refused.about(found[0].environment)
    return found[0]


def list_deliveries(*, actor: Actor, webhook_id: int, cursor: str = "", limit: int = PAGE) -> Listing[DeliveryRow]:
    """Newest first, each with its tries. They are kept for thirty days after they ended."""
    webhook_row(actor=actor, webhook_id=webhook_id)
    listing = cut(Delivery.objects.filter(webhook=webhook_id), cursor=cursor, limit=limit)
    tries: dict[int, list[TryRow]] = {}
    for each in DeliveryTry.objects.filter(delivery__in=[row.pk for row in listing.rows]).order_by("pk"):
        tries.setdefault(each.delivery_id, []).append(
            TryRow(each.number, each.at, each.status, each.milliseconds, each.said)
        )
    rows = tuple(
        DeliveryRow(
            id=row.pk,
            message=row.message,
            kind=row.kind,
            state=str(row.state),
            created_at=row.created_at,
            due_at=row.due_at if row.state == DeliveryState.WAITING else None,
            ended_at=row.ended_at,
            log=tuple(tries.get(row.pk, ())),
        )
        for row in listing.rows
    )
    return Listing(rows, listing.next_cursor, listing.total)


def managed(access: Access) -> Q:
    """Filter for the webhooks that they manage; those of every environment only for whoever does so everywhere."""
    everywhere = access.environments(Permission.MANAGE_WEBHOOKS) is None
    return Q() if everywhere else Q(environment__isnull=False) & access.within(Permission.MANAGE_WEBHOOKS)


def _rows(rows: QuerySet[Webhook]) -> tuple[WebhookRow, ...]:
    waiting = Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING))
    return tuple(
        WebhookRow(
            id=row.pk,
            name=row.name,
            environment_id=row.environment_id,
            environment=row.environment.name if row.environment else "",
            kinds=tuple(row.kinds),
            address=row.address,
            state=str(row.state),
            from_settings=row.from_settings,
            failing_since=row.failing_since,
            earlier_secret_until=row.overlap_until,
            waiting=row.waiting_count,
            archived=row.archived_at is not None,
            version=row.version,
            created_by=str(row.created_by) if row.created_by else "",
            changed_at=row.changed_at,
        )
        for row in rows.select_related("environment", "created_by").annotate(waiting_count=waiting).order_by("name")
    )
