"""Webhooks: subscriptions of programs elsewhere. Made and changed by admins; the signing secret is shown once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from migrations_app.engine.webhooks import (
    SUBSCRIBABLE,
    DeliveryState,
    WebhookKind,
    WebhookState,
    new_message_id,
    new_secret,
)
from migrations_app.models import Delivery, Environment, Webhook
from migrations_app.runtime import outbox, outgoing
from migrations_app.runtime import webhooks as store
from migrations_app.runtime.secrets import SecretUnreadable
from migrations_app.services import audit, deliveries, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.deliveries import Outcome
from migrations_app.services.errors import Conflict, NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.versions import Seen, next_version

MOST_WEBHOOKS = 50
MOST_ADDRESS = 2000
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """`secret` is nowhere to be had again. `earlier_until`: until then the one before it signs too."""

    id: int
    secret: str = field(repr=False)
    earlier_until: datetime | None = None


@operation("webhook.create", about="webhook")
def create(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    address: str,
    kinds: Sequence[str],
    environment_id: int | None = None,
) -> NewSecret:
    """`environment_id` None: of every environment, which asks for the permission everywhere. Raises InvalidInput."""
    environment = _place(actor, environment_id)
    check = Check()
    _room(check)
    row = Webhook(environment=environment, created_by=finding.person(actor), created_at=now, changed_at=now)
    _fill(check, row, name=name, kinds=kinds)
    url = _address(check, address)
    check.done()
    row.address = outgoing.shown(url)[:300]
    row.save()
    secret = new_secret()
    store.keep_secret(row.owner, store.ADDRESS, url, at=now)
    store.keep_secret(row.owner, store.SECRET, secret, at=now)
    _record(actor, now, "webhook.create", row, None)
    return NewSecret(row.pk, secret)


@operation("webhook.edit", about="webhook")
def edit(
    *,
    actor: Actor,
    now: datetime,
    webhook_id: int,
    name: str | None = None,
    address: str | None = None,
    kinds: Sequence[str] | None = None,
    enabled: bool | None = None,
    archived: bool | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. Switching it on again forgives the failures; what was given up is sent by hand, or not.

    Brought back it is as active as it was when it was archived; what happened meanwhile is not sent.
    """
    row = _found(actor, webhook_id, lock=True)
    next_version(row, f"The webhook “{row.name}”", seen)
    before = _facts(row)
    check = Check()
    if row.from_settings and (name, address, kinds, archived) != (None, None, None, None):
        check.problem(
            "name", "This one is `progress_webhook` of the settings.", "Change it in the settings.", "from_settings"
        )
    if archived is not None:
        row.archived_at = (row.archived_at or now) if check.flag("archived", archived) else None
    if before["archived"] and row.archived_at is None:
        _room(check)
    _fill(check, row, name=row.name if name is None else name, kinds=row.kinds if kinds is None else kinds)
    url = None if address is None else _address(check, address)
    on = None if enabled is None else check.flag("enabled", enabled)
    check.done()
    if on is not None and on != (row.state == WebhookState.ACTIVE):
        row.state = WebhookState.ACTIVE if on else WebhookState.SWITCHED_OFF
        row.failures, row.failing_since, row.rests_until = 0, None, None
    if url is None and _facts(row) == before:
        return
    if url is not None:
        row.address = outgoing.shown(url)[:300]
        row.failures, row.failing_since, row.rests_until = 0, None, None  # they were another receiver's
        store.keep_secret(row.owner, store.ADDRESS, url, at=now)
    row.changed_at = now
    row.save()
    if row.state != WebhookState.ACTIVE or row.archived_at:
        deliveries.end_waiting(row, now)
    _record(actor, now, "webhook.edit", row, before)


@operation("webhook.rotate", about="webhook")
def rotate(*, actor: Actor, now: datetime, webhook_id: int) -> NewSecret:
    """A new signing secret. For a day both sign, so that the receiver can change over without losing a message."""
    row = _found(actor, webhook_id, lock=True)
    known = _readable(row)
    secret = new_secret()
    if store.SECRET in known:
        store.keep_secret(row.owner, store.EARLIER_SECRET, known[store.SECRET], at=now)
    else:
        store.forget_secret(row.owner, store.EARLIER_SECRET)  # unreadable too, and read beside the new one
    store.keep_secret(row.owner, store.SECRET, secret, at=now)
    row.overlap_until = now + OVERLAP if store.SECRET in known else None
    row.changed_at = now
    row.save(update_fields=["overlap_until", "changed_at"])
    _record(actor, now, "webhook.rotate", row, None)
    return NewSecret(row.pk, secret, row.overlap_until)


@operation("webhook.test", about="webhook", atomic=False)
def test(*, actor: Actor, now: datetime, webhook_id: int) -> Outcome:
    """Send a message of the kind `webhook.test` at once, and once. Works for one that is switched off too."""
    row = _found(actor, webhook_id)
    body = store.body_of(WebhookKind.TEST, {"webhook": row.name, "asked_by": actor.username}, now)
    delivery = Delivery(webhook=row, message=new_message_id(), kind=WebhookKind.TEST, body=body, due_at=now, tries=1)
    outcome = deliveries.call(delivery, now)
    with transaction.atomic():
        delivery.created_at = delivery.ended_at = now
        delivery.state = DeliveryState.DELIVERED if outcome.arrived else DeliveryState.GIVEN_UP
        delivery.save()
        deliveries.log(delivery, outcome, now)
        _record(actor, now, "webhook.test", row, None, outcome="allowed" if outcome.arrived else "failed")
    return outcome


@operation("webhook.redeliver", about="webhook")
def redeliver(*, actor: Actor, now: datetime, webhook_id: int, delivery_id: int) -> None:
    """Send a message again, under its own `webhook-id`, with all its tries. One that waits is tried now."""
    row = _found(actor, webhook_id, lock=True)
    usable = isinstance(delivery_id, int) and 0 < delivery_id <= finding.LARGEST_ID
    delivery = Delivery.objects.filter(pk=delivery_id, webhook=row).first() if usable else None
    if delivery is None:
        raise NotFound(f"“{row.name}” has no delivery {str(delivery_id)[:20]}.", "Look at its list of deliveries.")
    if row.state != WebhookState.ACTIVE or row.archived_at is not None:
        fix = "Bring it back first." if row.archived_at else "Switch it on first."
        raise Conflict(f"“{row.name}” is not active; nothing was sent.", fix, reason="not_active")
    Webhook.objects.filter(pk=row.pk).update(rests_until=None)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.WAITING, due_at=now, ended_at=None, tries_before=F("tries")
    )
    if not outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery.pk], now):
        outbox.put(outbox.DELIVER_WEBHOOK, [delivery.pk], now=now)
    _record(actor, now, "webhook.redeliver", row, None, message=delivery.message)


def _readable(row: Webhook) -> dict[str, str]:
    """Nothing where their key is gone: then a new secret is what helps."""
    try:
        return store.secrets_of(row.owner)
    except SecretUnreadable:
        return {}


def _place(actor: Actor, environment_id: int | None) -> Environment | None:
    if environment_id is None:
        require(actor, Permission.MANAGE_WEBHOOKS, None)
        return None
    return finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_WEBHOOKS)


def _found(actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    rows = Webhook.objects.select_for_update(of=("self",)) if lock else Webhook.objects.all()
    row: Webhook = finding.one(
        rows.select_related("environment"), webhook_id, "webhook", actor=actor, permission=Permission.MANAGE_WEBHOOKS
    )
    return row


def _room(check: Check) -> None:
    if Webhook.objects.filter(archived_at=None).count() >= MOST_WEBHOOKS:
        check.problem("name", f"There are {MOST_WEBHOOKS} webhooks.", "Archive one of them.", "too_many")


def _fill(check: Check, row: Webhook, *, name: Any, kinds: Any) -> None:
    row.name = check.text("name", name, most=80, required=True)
    words = list(kinds) if isinstance(kinds, list | tuple) else []
    known = [kind.value for kind in SUBSCRIBABLE]
    row.kinds = sorted({check.one_of("kinds", word, known, "kind of event") for word in words})
    if not words:
        check.problem("kinds", "Nothing would ever be sent.", f"Choose of: {', '.join(known)}.", "required")
    others = Webhook.objects.filter(name=row.name, archived_at=None).exclude(pk=row.pk)
    if row.archived_at is None and others.exists():
        check.problem("name", f"There is a webhook “{row.name}” already.", "Choose another name.", "taken")


def _address(check: Check, value: Any) -> str:
    url = check.text("address", value, most=MOST_ADDRESS, required=True)
    if url and (problem := outgoing.problem_with(url)):
        check.problem("address", problem, "Use https://, and an address that is reached from outside.", "address")
    return url


def _facts(row: Webhook) -> dict[str, Any]:
    return {
        "name": row.name,
        "address": row.address,
        "kinds": list(row.kinds),
        "state": str(row.state),
        "archived": row.archived_at is not None,
    }


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    row: Webhook,
    before: dict[str, Any] | None,
    outcome: str = "allowed",
    **more: Any,
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="webhook",
        object_id=row.pk,
        environment=row.environment.name if row.environment else "",
        outcome=outcome,
        before=before,
        after=_facts(row) | more,
    )
