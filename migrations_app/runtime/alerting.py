"""Firing alert rules: an alert and its messages, in the transaction of what caused them.

Sending them is the business of `services/deliveries.py`, so a dead receiver holds up nobody and loses nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from migrations_app.engine.alerts import CONDITIONS, MOST_SUBJECT, AlertCause, ChannelKind, filled, quiet_until
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.vocabulary import TRIALS, RunKind
from migrations_app.engine.webhooks import WebhookKind, new_message_id
from migrations_app.models import Alert, AlertChannel, AlertRule, Delivery, Migration, Person, Run
from migrations_app.runtime import outbox, webhooks
from migrations_app.runtime.audit import instant
from migrations_app.runtime.settings import impact_seconds

_OF_A_RUN = {
    EventType.RUN_FAILED: (AlertCause.RUN_FAILED, "failed"),
    EventType.RUN_ROLLED_BACK: (AlertCause.RUN_ROLLED_BACK, "was rolled back"),
    EventType.RUN_STUCK: (AlertCause.RUN_STUCK, "is stuck: its page says what to do by hand"),
}
_ENDS = frozenset(
    {
        EventType.RUN_SUCCEEDED,
        EventType.RUN_FAILED,
        EventType.RUN_CANCELLED,
        EventType.RUN_ROLLED_BACK,
        EventType.RUN_STUCK,
    }
)
AFTER_THE_READINGS = timedelta(seconds=65)  # of the targets, which go on for a minute after a run
MOST_TEXT = 500
OF_ALERTS = "alert"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a rule fires about. `about` names the thing, `path` is the page that says more."""

    about: str
    text: str
    path: str
    environment_id: int | None = None
    migration: Migration | None = None
    run: Run | None = None


def fire(cause: AlertCause, matter: Matter, *, now: datetime) -> int:
    """In the caller's transaction. Returns how many rules told somebody."""
    here = Q(environment=None) | Q(environment=matter.environment_id)
    rules = AlertRule.objects.filter(here, cause=cause, enabled=True, archived_at=None)
    return sum(fire_rule(rule, matter, now=now) for rule in rules.select_related("environment"))


def fire_rule(rule: AlertRule, matter: Matter, *, now: datetime) -> bool:
    """False where an alert counts this one in: an open one, of a condition for as long as it holds, else for a while;
    and one of a condition that comes back within that while, which is open again unless somebody is done with it."""
    same = Alert.objects.filter(rule=rule, about=matter.about)
    opened, again = same.filter(closed_at=None), {"count": F("count") + 1, "last_at": now}
    since = now - timedelta(minutes=rule.repeat_minutes)
    if rule.cause not in CONDITIONS:
        opened.filter(fired_at__lte=since).update(closed_at=now)
    if opened.update(**again):
        return False
    try:
        if rule.cause in CONDITIONS and _opened_again(same.filter(fired_at__gt=since), again, now):
            return False
        with transaction.atomic():
            alert = Alert.objects.create(
                rule=rule,
                about=matter.about,
                text=matter.text[:MOST_TEXT],
                environment_id=matter.environment_id,
                migration=matter.migration,
                run=matter.run,
                path=matter.path,
                fired_at=now,
                last_at=now,
            )
    except IntegrityError:  # another process was faster
        return not opened.update(**again)
    send(alert, rule.channels.filter(archived_at=None), now=now)
    return True


def _opened_again(recent: QuerySet[Alert], again: Mapping[str, Any], now: datetime) -> bool:
    """One that was acknowledged or has escalated tells nobody any more, so what comes back after it is a new one.

    The time while it was closed does not count towards its escalation.
    """
    newest = recent.order_by("-pk").first()
    if newest is None or newest.closed_at is None or newest.acknowledged_at or newest.escalated_at:
        return False
    counted = (newest.counted_from or newest.fired_at) + (now - newest.closed_at)
    as_it_was = recent.filter(pk=newest.pk, closed_at=newest.closed_at, acknowledged_at=None)
    with transaction.atomic():
        return as_it_was.update(closed_at=None, counted_from=counted, **again) == 1


def announce_run(run_id: int, kind: RunKind, event: Event) -> None:
    """In the event's transaction. Dry runs and rehearsals change nothing, so they alert nobody."""
    if kind in TRIALS:
        return
    if event.type in _ENDS:
        _report_later(run_id, event)
    if event.type not in _OF_A_RUN:
        return
    cause, words = _OF_A_RUN[event.type]
    run = Run.objects.select_related("migration").get(pk=run_id)
    fire(cause, of_run(run, words), now=event.at)


def rules_for_reports(environment_id: int) -> QuerySet[AlertRule]:
    here = Q(environment=None) | Q(environment=environment_id)
    return AlertRule.objects.filter(here, cause=AlertCause.RUN_ENDED, enabled=True, archived_at=None).order_by("pk")


def _report_later(run_id: int, event: Event) -> None:
    """Once its targets are no longer read, so that the report says what came after."""
    environment_id = Run.objects.values_list("environment_id", flat=True).get(pk=run_id)
    if rules_for_reports(environment_id).exists():
        due = event.at + AFTER_THE_READINGS if impact_seconds() > 0 else None
        outbox.put(outbox.SEND_REPORTS, [run_id, event.seq], now=event.at, not_before=due)


def of_run(run: Run, words: str, *, about: str = "") -> Matter:
    return Matter(
        about=about or f"migration:{run.migration_id}",
        text=f"“{run.migration.title}”: run {run.pk} {words}.",
        path=f"/runs/{run.pk}/",
        environment_id=run.environment_id,
        migration=run.migration,
        run=run,
    )


def of_migration(migration: Migration, text: str) -> Matter:
    return Matter(
        about=f"migration:{migration.pk}",
        text=text,
        path=f"/migrations/{migration.pk}/",
        environment_id=migration.environment_id,
        migration=migration,
    )


def escalate_due(now: datetime) -> int:
    """Open alerts that nobody acknowledged in time go to the channels of their escalation, once."""
    waiting = Alert.objects.filter(closed_at=None, acknowledged_at=None, escalated_at=None)
    due = waiting.exclude(rule__escalate_minutes=None).select_related("rule")
    count = 0
    for alert in due:
        since = alert.counted_from or alert.fired_at
        if since + timedelta(minutes=alert.rule.escalate_minutes or 0) > now:
            continue
        with transaction.atomic():
            if waiting.filter(pk=alert.pk).update(escalated_at=now) == 1:
                send(alert, alert.rule.escalation_channels.filter(archived_at=None), now=now, escalation=True)
                count += 1
    return count


def send(alert: Alert, channels: Iterable[AlertChannel], *, now: datetime, escalation: bool = False) -> None:
    """One message for each channel, in the caller's transaction; in quiet hours it goes out at their end."""
    rule = alert.rule
    quiet = None if escalation else quiet_until(now, rule.zone, rule.quiet_from, rule.quiet_to)
    for channel in channels:
        put(channel, message(alert, escalation=escalation), now=now, due=quiet or now, alert=alert)


def message(alert: Alert, *, escalation: bool = False) -> dict[str, object]:
    rule, cause = alert.rule, AlertCause(alert.rule.cause)
    link = link_to(alert.path)
    values = {
        "rule": rule.name,
        "cause": cause.words,
        "text": alert.text,
        "environment": alert.environment.name if alert.environment else "",
        "title": alert.migration.title if alert.migration else "",
        "run": str(alert.run_id or ""),
        "at": f"{alert.fired_at:%Y-%m-%d %H:%M} UTC",
        "link": link,
    }
    first = "[Snakeweb] Nobody has acknowledged: " if escalation else "[Snakeweb] "
    return {
        "subject": " ".join(f"{first}{alert.text}".split())[:MOST_SUBJECT],
        "text": filled(rule.template, values),
        "alert": alert.pk,
        "cause": str(cause),
        "rule": rule.name,
        "environment": values["environment"],
        "escalation": escalation,
        "path": alert.path,
    }


def put(
    receiver: AlertChannel | Person,
    said: dict[str, object],
    *,
    now: datetime,
    due: datetime,
    alert: Alert | None = None,
    run: Run | None = None,
    kind: WebhookKind = WebhookKind.ALERT_FIRED,
) -> Delivery:
    """A message for one receiver; by a webhook it goes as its kind, with that webhook's own log and tries."""
    channel = receiver if isinstance(receiver, AlertChannel) else None
    body = {"type": kind.value, "timestamp": instant(now), "data": said}
    delivery = Delivery.objects.create(
        webhook=channel.webhook if channel is not None and channel.kind == ChannelKind.WEBHOOK else None,
        channel=channel,
        person=receiver if isinstance(receiver, Person) else None,
        alert=alert,
        run=run,
        message=new_message_id(),
        kind=kind,
        body=json.dumps(body, ensure_ascii=False),
        due_at=due,
        created_at=now,
    )
    outbox.put(outbox.DELIVER_WEBHOOK, [delivery.pk], now=now, not_before=due if due > now else None)
    return delivery


def link_to(path: str) -> str:
    origins = getattr(settings, "CSRF_TRUSTED_ORIGINS", [])
    return f"{origins[0] if origins else ''}{path}"


def secrets_of(channel: AlertChannel) -> str:
    """The channel's whole address. Raises SecretUnreadable and KeyError."""
    return webhooks.secrets_of(channel.owner)[webhooks.ADDRESS]
