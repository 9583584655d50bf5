"""Alerts that are open or were, the rules that fire them, and the channels they go through."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Q, QuerySet

from migrations_app.engine.alerts import AlertCause
from migrations_app.models import Alert, AlertChannel, AlertRule, Delivery
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.paging import PAGE, Listing, cut
from migrations_app.selectors.refusals import NotFound, PermissionDenied
from migrations_app.selectors.webhooks import WebhookRow, list_webhooks

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MessageRow:
    """Where an alert went: `said` is what came of the last try. `due_at` is the next one while it waits."""

    channel: str
    kind: str
    state: str
    tries: int
    due_at: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`count` is how often it happened while it was open. `may_acknowledge`: by whoever asked."""

    id: int
    rule: str
    cause: str
    text: str
    environment: str
    path: str
    fired_at: datetime
    last_at: datetime
    count: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    escalated_at: datetime | None
    closed_at: datetime | None
    may_acknowledge: bool
    messages: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`limit` is in the unit of the cause. Quiet hours are local times of `zone`.

    `told`: somebody is, when it fires; false where each of its channels is silent. `escalation_told`: the same of its
    escalation; true where it has none.
    """

    id: int
    name: str
    cause: str
    environment_id: int | None
    environment: str
    limit: int | None
    template: str
    channels: tuple[int, ...]
    channel_names: tuple[str, ...]
    zone: str
    quiet_from: time | None
    quiet_to: time | None
    repeat_minutes: int
    escalate_minutes: int | None
    escalation_channels: tuple[int, ...]
    followers: bool
    enabled: bool
    told: bool
    escalation_told: bool
    archived: bool
    version: int
    created_by: str
    changed_at: datetime

    @property
    def words(self) -> str:
        return AlertCause(self.cause).words


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """`address` is what may be shown of it. `silent`: why nothing goes through it, '' where something does."""

    id: int
    name: str
    kind: str
    address: str
    webhook_id: int | None
    silent: str
    archived: bool
    version: int
    changed_at: datetime


def list_alerts(*, actor: Actor, past: bool = False, cursor: str = "", limit: int = PAGE) -> Listing[AlertRow]:
    """Newest first, of what the actor may see; those of no environment for who may read the audit trail."""
    access = access_of(actor)
    rows = Alert.objects.filter(seen(access))
    listing = cut(
        rows if past else rows.filter(closed_at=None),
        cursor=cursor,
        limit=limit,
        shown=lambda found: found.select_related("rule", "environment", "acknowledged_by"),
    )
    sent = _messages([row.pk for row in listing.rows])
    shown = tuple(_alert(row, access, sent.get(row.pk, ())) for row in listing.rows)
    return Listing(shown, listing.next_cursor, listing.total)


def list_rules(*, actor: Actor, archived: bool = False) -> tuple[RuleRow, ...]:
    access = _manager(actor)
    rows = AlertRule.objects.filter(managed(access))
    return _rules(rows if archived else rows.filter(archived_at=None))


def seen(access: Access) -> Q:
    """Filter for the alerts that they may see; those of no environment for who may read the audit trail."""
    here = Q(environment__isnull=False) & access.within(Permission.VIEW)
    return here | Q(environment=None) if access.can(Permission.READ_AUDIT, None) else here


def managed(access: Access) -> Q:
    """Filter for the rules that they manage; those of every environment only for whoever does so everywhere."""
    everywhere = access.environments(Permission.MANAGE_ALERTS) is None
    return Q() if everywhere else Q(environment__isnull=False) & access.within(Permission.MANAGE_ALERTS)


def rule_row(*, actor: Actor, alert_rule_id: int) -> RuleRow:
    """Raises NotFound, the same for one of an environment that is hidden, and PermissionDenied."""
    access = access_of(actor)
    found = _rules(AlertRule.objects.filter(pk=alert_rule_id)) if 0 < alert_rule_id <= LARGEST_ID else ()
    if not found or not access.can(Permission.VIEW, found[0].environment_id):
        absent = NotFound(f"There is no alert rule {str(alert_rule_id)[:20]}.", "Look at the list of rules.")
        raise absent.unless_hidden(AlertRule.objects.filter(pk=min(alert_rule_id, LARGEST_ID)))
    if not access.can(Permission.MANAGE_ALERTS, found[0].environment_id):
        refused = PermissionDenied("You may not manage this rule; this needs the role admin.", "Ask an admin.")
        raise refused.about(found[0].environment)
    return found[0]


def list_channels(*, actor: Actor, archived: bool = False) -> tuple[ChannelRow, ...]:
    """For whoever manages rules anywhere: rules choose from them."""
    _manager(actor)
    rows = AlertChannel.objects.select_related("webhook")
    return tuple(
        ChannelRow(
            id=row.pk,
            name=row.name,
            kind=str(row.kind),
            address=row.goes_to,
            webhook_id=row.webhook_id,
            silent=row.silent,
            archived=row.archived_at is not None,
            version=row.version,
            changed_at=row.changed_at,
        )
        for row in (rows if archived else rows.filter(archived_at=None))
    )


def channel_row(*, actor: Actor, alert_channel_id: int) -> ChannelRow:
    found = [row for row in list_channels(actor=actor, archived=True) if row.id == alert_channel_id]
    if not found:
        raise NotFound(f"There is no channel {str(alert_channel_id)[:20]}.", "Look at the list of channels.")
    return found[0]


def webhooks_for_channels(*, actor: Actor) -> tuple[WebhookRow, ...]:
    """What a new channel may be. Raises PermissionDenied for whoever may not make channels."""
    if not may_change_channels(actor=actor):
        raise PermissionDenied(
            "You may not make channels; this needs the role admin of every environment.",
            "Ask an admin of every environment.",
        )
    return list_webhooks(actor=actor)


def may_change_channels(*, actor: Actor) -> bool:
    """Channels are of the whole installation; whoever manages rules of one environment chooses from them."""
    return access_of(actor).can(Permission.MANAGE_ALERTS, None)


def may_manage(*, actor: Actor) -> bool:
    return access_of(actor).anywhere(Permission.MANAGE_ALERTS)


def _manager(actor: Actor) -> Access:
    access = access_of(actor)
    if not access.anywhere(Permission.MANAGE_ALERTS):
        raise PermissionDenied("You may not manage alerts; this needs the role admin.", "Ask an admin.")
    return access


def _messages(alerts: list[int]) -> dict[int, tuple[MessageRow, ...]]:
    found: dict[int, tuple[MessageRow, ...]] = {}
    rows = Delivery.objects.filter(alert__in=alerts).select_related("channel").prefetch_related("log").order_by("pk")
    for row in rows:
        tried = list(row.log.all())
        one = MessageRow(
            channel=row.channel.name if row.channel else "",
            kind=str(row.channel.kind) if row.channel else "",
            state=str(row.state),
            tries=row.tries,
            due_at=row.due_at if row.ended_at is None else None,
            said=(tried[-1].said or f"answered {tried[-1].status}") if tried else "",
        )
        found[row.alert_id or 0] = (*found.get(row.alert_id or 0, ()), one)
    return found


def _alert(row: Alert, access: Access, messages: tuple[MessageRow, ...]) -> AlertRow:
    may = access.can(Permission.ACKNOWLEDGE_ALERTS, row.environment_id)
    return AlertRow(
        id=row.pk,
        rule=row.rule.name,
        cause=str(row.rule.cause),
        text=row.text,
        environment=row.environment.name if row.environment else "",
        path=row.path,
        fired_at=row.fired_at,
        last_at=row.last_at,
        count=row.count,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=str(row.acknowledged_by) if row.acknowledged_by else "",
        escalated_at=row.escalated_at,
        closed_at=row.closed_at,
        may_acknowledge=may and row.acknowledged_at is None,
        messages=messages,
    )


def _rules(rows: QuerySet[AlertRule]) -> tuple[RuleRow, ...]:
    found = rows.select_related("environment", "created_by").prefetch_related(
        "channels__webhook", "escalation_channels__webhook"
    )
    return tuple(
        RuleRow(
            id=row.pk,
            name=row.name,
            cause=str(row.cause),
            environment_id=row.environment_id,
            environment=row.environment.name if row.environment else "",
            limit=row.limit,
            template=row.template,
            channels=tuple(one.pk for one in row.channels.all()),
            channel_names=tuple(one.name for one in row.channels.all()),
            zone=row.zone,
            quiet_from=row.quiet_from,
            quiet_to=row.quiet_to,
            repeat_minutes=row.repeat_minutes,
            escalate_minutes=row.escalate_minutes,
            escalation_channels=tuple(one.pk for one in row.escalation_channels.all()),
            followers=row.followers,
            enabled=row.enabled,
            told=row.followers or any(not one.silent for one in row.channels.all()),
            escalation_told=row.escalate_minutes is None
            or any(not one.silent for one in row.escalation_channels.all()),
            archived=row.archived_at is not None,
            version=row.version,
            created_by=str(row.created_by),
            changed_at=row.changed_at,
        )
        for row in found
    )
