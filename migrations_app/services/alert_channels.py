"""Channels of alerts: made and changed by admins of every environment; Apprise's addresses are sealed."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from migrations_app.engine.alerts import ChannelKind
from migrations_app.models import AlertChannel, Webhook
from migrations_app.runtime import webhooks as store
from migrations_app.runtime.alert_channels import apprise_shown, problem_with_apprise
from migrations_app.services import alerts, audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.versions import Seen, next_version

MOST_CHANNELS = 50
MOST_ADDRESS = 2000
MOST_MAIL_TEXT = 300


@operation("alert_channel.create", about="alert_channel")
def create(
    *, actor: Actor, now: datetime, name: str, kind: str, address: str = "", webhook_id: int | None = None
) -> int:
    """`address`: mail addresses separated by spaces, or one of Apprise's. Of a webhook only `webhook_id` is given."""
    require(actor, Permission.MANAGE_ALERTS, None)
    row = AlertChannel(created_by=finding.person(actor), changed_at=now)
    check = Check()
    _room(check)
    row.kind = check.one_of("kind", kind, [one.value for one in ChannelKind], "kind of channel")
    _name(check, row, name)
    clear = ""
    if row.kind == ChannelKind.WEBHOOK:
        row.webhook = Webhook.objects.filter(pk=webhook_id, archived_at=None).first() if webhook_id else None
        if row.webhook is None:
            check.problem("webhook_id", "There is no such webhook.", "Choose one of the list of webhooks.", "unknown")
    elif row.kind:
        clear = _address(check, row, address)
    check.done()
    row.save()
    if clear:
        store.keep_secret(row.owner, store.ADDRESS, clear, at=now)
    _record(actor, now, "alert_channel.create", row, None)
    return row.pk


@operation("alert_channel.edit", about="alert_channel")
def edit(
    *,
    actor: Actor,
    now: datetime,
    alert_channel_id: int,
    name: str | None = None,
    address: str | None = None,
    archived: bool | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays; an edit that changes nothing leaves no trace. Nothing goes through an archived one, whichever
    rules name it."""
    row = alerts.channel(actor, alert_channel_id, lock=True)
    next_version(row, f"The channel “{row.name}”", seen)
    before = _facts(row)
    check = Check()
    if archived is not None:
        row.archived_at = (row.archived_at or now) if check.flag("archived", archived) else None
    if before["archived"] and row.archived_at is None:
        _room(check)
        _webhook_is_there(check, row)
    _name(check, row, row.name if name is None else name)
    clear = ""
    if address is not None and row.kind == ChannelKind.WEBHOOK:
        check.problem("address", "This one is a webhook.", "Change the webhook's address.", "not_needed")
    elif address is not None:
        clear = _address(check, row, address)
    check.done()
    if _facts(row) == before and not clear:
        return
    row.changed_at = now
    row.save()
    if clear:
        store.keep_secret(row.owner, store.ADDRESS, clear, at=now)
    _record(actor, now, "alert_channel.edit", row, before)


def _room(check: Check) -> None:
    if AlertChannel.objects.filter(archived_at=None).count() >= MOST_CHANNELS:
        check.problem("name", f"There are {MOST_CHANNELS} channels.", "Archive one of them.", "too_many")


def _webhook_is_there(check: Check, row: AlertChannel) -> None:
    """Where that one is switched off or has ended the channel is brought back all the same, and says it is silent."""
    if row.webhook is not None and row.webhook.archived_at is not None:
        said = f"Its webhook “{row.webhook.name}” is archived: nothing would go through it."
        check.problem("webhook_id", said, "Bring that webhook back first.", "archived")


def _name(check: Check, row: AlertChannel, name: str) -> None:
    row.name = check.text("name", name, most=80, required=True)
    others = AlertChannel.objects.filter(name=row.name, archived_at=None).exclude(pk=row.pk)
    if row.archived_at is None and others.exists():
        check.problem("name", f"There is a channel “{row.name}” already.", "Choose another name.", "taken")


def _address(check: Check, row: AlertChannel, address: str) -> str:
    """What is to be sealed: nothing of mail addresses."""
    most = MOST_ADDRESS if row.kind == ChannelKind.APPRISE else MOST_MAIL_TEXT
    clear = check.text("address", address, most=most, required=True)
    if not clear:
        return ""
    if row.kind == ChannelKind.APPRISE:
        if problem := problem_with_apprise(clear):
            check.problem("address", problem, "Write it as Apprise's documentation has it.", "address")
        row.address = apprise_shown(clear)[:300]
        return clear
    mails = clear.replace(",", " ").split()
    for mail in mails:
        try:
            validate_email(mail)
        except ValidationError:
            check.problem("address", f"“{mail[:80]}” is no mail address.", "Such as ops@example.org.", "mail")
    row.address = " ".join(mails)
    return ""


def _facts(row: AlertChannel) -> dict[str, Any]:
    return {"name": row.name, "kind": str(row.kind), "address": row.goes_to, "archived": row.archived_at is not None}


def _record(actor: Actor, now: datetime, action: str, row: AlertChannel, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="alert_channel",
        object_id=row.pk,
        before=before,
        after=_facts(row),
    )
