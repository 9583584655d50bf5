"""Workers for what goes out, on a clock that the test moves: each due row of the outbox is offered."""

from django.db import transaction

from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import Webhook
from migrations_app.runtime import outbox, webhooks
from migrations_app.services import deliveries
from migrations_app.services import webhooks as service
from migrations_app.services.actor import Actor
from migrations_app.testing.memory import ManualClock


def subscribed(admin: Actor, clock: ManualClock, address: str, *kinds: str, **more: object) -> tuple[Webhook, str]:
    """A subscription and its secret."""
    made = service.create(
        actor=admin, now=clock.now(), name="receiver", address=address, kinds=kinds or ("run.failed",), **more
    )
    return Webhook.objects.get(pk=made.id), made.secret


def announced(clock: ManualClock, kind: WebhookKind = WebhookKind.RUN_FAILED, **data: object) -> int:
    with transaction.atomic():
        return webhooks.announce(kind, data, environment_id=None, now=clock.now())


def offered(clock: ManualClock) -> int:
    """What the outbox has at this moment, given to a worker once. Returns how many calls were made."""
    rows = outbox.sendable(clock.now(), resend_seconds=0)
    ours = [row for row in rows if row.task == outbox.DELIVER_WEBHOOK]
    return sum(deliveries.deliver(delivery_id=row.arguments[0], clock=clock) is not None for row in ours)


def worked_off(clock: ManualClock, days: float) -> int:
    """As `offered`, from one due moment to the next, until that many days are over."""
    calls, end = 0, clock.now().timestamp() + days * 86_400
    while True:
        calls += offered(clock)
        due = [row.not_before for row in outbox.OutboxRow.objects.filter(claimed_at=None) if row.not_before]
        later = [at for at in due if at > clock.now()]
        if not later or min(later).timestamp() > end:
            return calls
        clock.advance_to(min(later))
