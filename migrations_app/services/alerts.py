"""Alert rules, the channels they go through, and acknowledging what they fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from migrations_app.engine.alerts import (
    CONDITIONS,
    DEFAULT_TEMPLATE,
    LIMITS,
    MOST_TEMPLATE,
    PLACEHOLDERS,
    AlertCause,
    unknown_placeholders,
)
from migrations_app.engine.webhooks import DeliveryState
from migrations_app.models import Alert, AlertChannel, AlertRule, Environment
from migrations_app.models.window import ZONE_LENGTH
from migrations_app.runtime import alerting
from migrations_app.services import audit, deliveries, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.deliveries import Outcome
from migrations_app.services.errors import NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.versions import Seen, next_version

MOST_RULES = 100
LONGEST_WAIT = 10_080  # minutes: a week


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWish:
    """`followers`: of reports alone, whoever started the run and follows its migration. `limit` None: the cause's
    default. `quiet_from`, `quiet_to` such as 22:00, both or neither."""

    name: str
    cause: str
    environment_id: int | None = None
    limit: int | None = None
    template: str = DEFAULT_TEMPLATE
    channels: Sequence[int] = ()
    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    repeat_minutes: int = 60
    escalate_minutes: int | None = None
    escalation_channels: Sequence[int] = ()
    followers: bool = False
    enabled: bool = True


@operation("alert_rule.create", about="alert_rule")
def create_rule(*, actor: Actor, now: datetime, wish: RuleWish) -> int:
    """Returns its id. Raises InvalidInput."""
    environment = _place(actor, wish.environment_id)
    row = AlertRule(environment=environment, created_by=finding.person(actor), created_at=now, changed_at=now)
    check = Check()
    _room(check)
    channels = _fill(check, row, wish)
    row.save()
    _connect(row, *channels)
    _record(actor, now, "alert_rule.create", row, None)
    return row.pk


@operation("alert_rule.edit", about="alert_rule")
def edit_rule(
    *,
    actor: Actor,
    now: datetime,
    alert_rule_id: int,
    wish: RuleWish | None = None,
    archived: bool | None = None,
    seen: Seen = None,
) -> None:
    """The whole rule as it shall be, but its environment, which stays; None leaves it. Archived it fires no more.

    Archived channels that it has may stay. An edit that changes nothing leaves no trace.
    """
    row = _rule(actor, alert_rule_id, lock=True)
    next_version(row, f"The rule “{row.name}”", seen)
    before, told = _facts(row), _told(row)
    check = Check()
    if archived is not None:
        row.archived_at = (row.archived_at or now) if check.flag("archived", archived) else None
    if before["archived"] and row.archived_at is None:
        _room(check)
    if wish is not None:
        channels = _fill(check, row, wish)
        _connect(row, *channels)
    else:
        _name_is_free(check, row)
    check.done()
    if (_facts(row), _told(row)) == (before, told):
        return
    row.changed_at = now
    row.save()
    _record(actor, now, "alert_rule.edit", row, before)


@operation("alert_rule.test", about="alert_rule")
def test_rule(*, actor: Actor, now: datetime, alert_rule_id: int) -> int:
    """Send what the rule would send to its channels, marked as a test. Returns through how many channels, without those
    that are silent."""
    row = _rule(actor, alert_rule_id)
    alert = Alert(rule=row, text=f"This is a test of the rule “{row.name}”.", path="/settings/alerts/", fired_at=now)
    said = alerting.message(alert)
    channels = [one for one in row.channels.select_related("webhook") if not one.silent]
    for channel in channels:
        alerting.put(channel, said, now=now, due=now)
    _record(actor, now, "alert_rule.test", row, None)
    return len(channels)


@operation("alert.acknowledge", about="alert")
def acknowledge(*, actor: Actor, now: datetime, alert_id: int) -> None:
    """Somebody looks after it: it escalates no more. What happened is closed with that, what holds goes on until it
    no longer does. Doing it twice changes nothing."""
    rows = Alert.objects.select_related("rule", "environment")
    alert: Alert = finding.one(rows, alert_id, "alert", actor=actor, permission=Permission.ACKNOWLEDGE_ALERTS)
    over = now if alert.rule.cause not in CONDITIONS else alert.closed_at
    first = Alert.objects.filter(pk=alert.pk, acknowledged_at=None)
    if first.update(acknowledged_at=now, acknowledged_by=finding.person(actor), closed_at=over) == 1:
        audit.record(
            actor=actor,
            now=now,
            action="alert.acknowledge",
            object_type="alert",
            object_id=alert.pk,
            environment=alert.environment.name if alert.environment else "",
            after={"name": alert.rule.name, "text": alert.text},
        )


@operation("alert_channel.test", about="alert_channel", atomic=False)
def test_channel(*, actor: Actor, now: datetime, alert_channel_id: int) -> Outcome:
    """Send a test through one channel at once, and once."""
    row = channel(actor, alert_channel_id)
    said = {"subject": "[Snakeweb] A test", "text": f"This is a test of the channel “{row.name}”, by {actor.username}."}
    with transaction.atomic():
        delivery = alerting.put(row, said | {"test": True}, now=now, due=now)
        delivery.tries, delivery.state, delivery.ended_at = 1, DeliveryState.GIVEN_UP, now
        delivery.save()  # ended before it is sent: no worker takes it up beside us
    outcome = deliveries.call(delivery, now)
    with transaction.atomic():
        if outcome.arrived:
            delivery.state = DeliveryState.DELIVERED
            delivery.save(update_fields=["state"])
        deliveries.log(delivery, outcome, now)
        audit.record(
            actor=actor,
            now=now,
            action="alert_channel.test",
            object_type="alert_channel",
            object_id=row.pk,
            outcome="allowed" if outcome.arrived else "failed",
            after={"name": row.name},
        )
    return outcome


def channel(actor: Actor, channel_id: int, *, lock: bool = False) -> AlertChannel:
    """Channels are of the whole installation. Raises PermissionDenied, NotFound."""
    require(actor, Permission.MANAGE_ALERTS, None)
    rows = AlertChannel.objects.select_for_update(of=("self",)) if lock else AlertChannel.objects.all()
    usable = isinstance(channel_id, int) and 0 < channel_id <= finding.LARGEST_ID
    row = rows.filter(pk=channel_id).first() if usable else None
    if row is None:
        raise NotFound(f"There is no channel {str(channel_id)[:20]}.", "Look at the list of channels.")
    return row


def _place(actor: Actor, environment_id: int | None) -> Environment | None:
    if environment_id is None:
        require(actor, Permission.MANAGE_ALERTS, None)
        return None
    return finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_ALERTS)


def _rule(actor: Actor, rule_id: int, *, lock: bool = False) -> AlertRule:
    rows = AlertRule.objects.select_for_update(of=("self",)) if lock else AlertRule.objects.all()
    row: AlertRule = finding.one(
        rows.select_related("environment"),
        rule_id,
        "alert rule",
        actor=actor,
        permission=Permission.MANAGE_ALERTS,
        look="the list of rules",
    )
    return row


def _fill(check: Check, row: AlertRule, wish: RuleWish) -> tuple[list[AlertChannel], list[AlertChannel]]:
    row.name = check.text("name", wish.name, most=80, required=True)
    row.cause = check.one_of("cause", wish.cause, [cause.value for cause in AlertCause], "cause")
    _name_is_free(check, row)
    row.limit = _limit(check, row.cause, wish.limit)
    row.template = check.text("template", wish.template, most=MOST_TEMPLATE, required=True, lines=True)
    if unknown := unknown_placeholders(row.template):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        check.problem("template", f"“{{{unknown[0]}}}” stands for nothing.", f"Use {known}.", "unknown")
    row.zone = check.text("zone", wish.zone, most=ZONE_LENGTH, required=True)
    try:
        ZoneInfo(row.zone or "UTC")
    except (KeyError, ValueError, OSError):
        check.problem("zone", f"“{row.zone}” is no time zone.", "Such as Europe/Berlin.", "unknown")
    for name, value in (("quiet_from", wish.quiet_from), ("quiet_to", wish.quiet_to)):
        if value is not None and (not isinstance(value, time) or value.tzinfo is not None):
            check.problem(name, "This is no time of day.", "Such as 22:00.", "not_a_time")
    if (wish.quiet_from is None) != (wish.quiet_to is None):
        check.problem("quiet_to", "Quiet hours have a beginning and an end.", "Give both, or neither.", "required")
    row.quiet_from, row.quiet_to = _minute(wish.quiet_from), _minute(wish.quiet_to)
    row.repeat_minutes = check.integer("repeat_minutes", wish.repeat_minutes, least=1, most=LONGEST_WAIT)
    row.escalate_minutes = (
        None
        if wish.escalate_minutes is None
        else check.integer("escalate_minutes", wish.escalate_minutes, least=1, most=LONGEST_WAIT)
    )
    row.enabled = check.flag("enabled", wish.enabled)
    stays, escalation_stays = _told(row)
    channels = _channels(check, "channels", wish.channels, stays)
    row.followers = check.flag("followers", wish.followers)
    reports = row.cause == AlertCause.RUN_ENDED
    if row.followers and not reports:
        check.problem(
            "followers", "Only reports go to those who follow a migration.", "Choose a channel.", "not_needed"
        )
    if reports and row.escalate_minutes is not None:
        check.problem("escalate_minutes", "A report is not acknowledged.", "Leave it out.", "not_needed")
    if not wish.channels and not (row.followers and reports):
        check.problem("channels", "Nobody would be told.", "Choose a channel.", "required")
    escalation = _channels(check, "escalation_channels", wish.escalation_channels, escalation_stays)
    if row.escalate_minutes is not None and not wish.escalation_channels:
        check.problem("escalation_channels", "Nobody would be told.", "Choose a channel.", "required")
    check.done()
    return channels, escalation


def _limit(check: Check, cause: str, given: int | None) -> int | None:
    known = LIMITS.get(AlertCause(cause)) if cause else None
    if known is None:
        if given is not None and cause:
            check.problem("limit", "This cause has no limit.", "Leave it out.", "not_needed")
        return None
    if given is None:
        return known.default
    return check.integer("limit", given, least=known.least, most=known.most)


def _channels(check: Check, field: str, wanted: Sequence[int], stays: frozenset[int]) -> list[AlertChannel]:
    """An archived one only where the rule has it already, so that an edit of something else takes nothing away."""
    ids = [one for one in wanted if isinstance(one, int) and 0 < one <= finding.LARGEST_ID]
    found = list(AlertChannel.objects.filter(pk__in=ids))
    if len(found) != len(set(wanted)):
        check.problem(field, "One of these channels is not there.", "Choose from the list of channels.", "unknown")
    for one in found:
        if one.archived_at is not None and one.pk not in stays:
            said = f"The channel “{one.name}” is archived: nothing goes through it."
            check.problem(field, said, "Choose another one, or bring it back first.", "archived")
    return found


def _minute(given: Any) -> Any:
    """Quiet hours begin and end with a minute, which is what forms show of them."""
    return given.replace(second=0, microsecond=0) if isinstance(given, time) else given


def _told(row: AlertRule) -> tuple[frozenset[int], frozenset[int]]:
    """The channels that it has, and those of its escalation; names alone may be another one's once archived."""
    if row.pk is None:
        return frozenset(), frozenset()
    channels, escalation = (one.values_list("pk", flat=True) for one in (row.channels, row.escalation_channels))
    return frozenset(channels), frozenset(escalation)


def _room(check: Check) -> None:
    if AlertRule.objects.filter(archived_at=None).count() >= MOST_RULES:
        check.problem("name", f"There are {MOST_RULES} rules.", "Archive one of them.", "too_many")


def _name_is_free(check: Check, row: AlertRule) -> None:
    others = AlertRule.objects.filter(name=row.name, archived_at=None).exclude(pk=row.pk)
    if row.archived_at is None and others.exists():
        check.problem("name", f"There is a rule “{row.name}” already.", "Choose another name.", "taken")


def _connect(row: AlertRule, channels: list[AlertChannel], escalation: list[AlertChannel]) -> None:
    row.channels.set(channels)
    row.escalation_channels.set(escalation)


def _facts(row: AlertRule) -> dict[str, Any]:
    return {
        "name": row.name,
        "cause": str(row.cause),
        "limit": row.limit,
        "template": row.template,
        "channels": sorted(row.channels.values_list("name", flat=True)),
        "zone": row.zone,
        "quiet": f"{row.quiet_from} to {row.quiet_to}" if row.quiet_from else "",
        "repeat_minutes": row.repeat_minutes,
        "escalate_minutes": row.escalate_minutes,
        "escalation_channels": sorted(row.escalation_channels.values_list("name", flat=True)),
        "followers": row.followers,
        "enabled": row.enabled,
        "archived": row.archived_at is not None,
    }


def _record(actor: Actor, now: datetime, action: str, row: AlertRule, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="alert_rule",
        object_id=row.pk,
        environment=row.environment.name if row.environment else "",
        before=before,
        after=_facts(row),
    )
