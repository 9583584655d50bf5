"""Sending the messages of webhooks: each until it arrives, with pauses that grow, and one receiver's trouble its own.

A worker takes a delivery by moving `tries` on, and holds it for a minute. Whoever dies in between sends late, or
twice under the same `webhook-id`, never not at all: the outbox offers the row until it is over.
"""

import json
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, transaction
from django.db.models import F, Q

from migrations_app.engine.alerts import ChannelKind
from migrations_app.engine.crash_points import reach
from migrations_app.engine.hiding import redact_text
from migrations_app.engine.ports import Clock
from migrations_app.engine.vocabulary import Role
from migrations_app.engine.webhooks import DeliveryState, WebhookKind, WebhookState, headers, rest_seconds, wait_seconds
from migrations_app.models import Delivery, DeliveryTry, Webhook
from migrations_app.runtime import alert_channels, outbox, outgoing, webhooks
from migrations_app.runtime.secrets import SecretUnreadable
from migrations_app.selectors.access import people_with
from migrations_app.selectors.reports.journal_rows import Reached
from migrations_app.services import audit, notifications, report_sending
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import NotFound

logger = logging.getLogger(__name__)

HELD = timedelta(minutes=1)
GIVES_UP_AFTER = timedelta(days=5)  # of nothing but failures
KEPT = timedelta(days=30)
BUSY_WAIT = timedelta(seconds=2)
GONE = 410
TAKEN = 202  # a mail server or a service took it; what becomes of it there is not known
MOST_SAID = 300
AT_ONCE = 2  # calls of one process; its other threads go on driving runs while receivers keep us waiting
_calls = threading.BoundedSemaphore(AT_ONCE)
WEBHOOK_ENDED = "webhook_ended"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` is None without an answer. `said` is the answer's first bytes, or why there is none.

    `final`: trying again would change nothing.
    """

    status: int | None
    said: str
    milliseconds: int = 0
    final: bool = False

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def deliver(*, delivery_id: int, clock: Clock, draw: Callable[[], float] = random.random) -> Outcome | None:
    """One try, if it is due and nobody else has it; None otherwise. Called by workers for each offer of the outbox."""
    if not _calls.acquire(blocking=False):
        outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery_id], clock.now() + BUSY_WAIT)
        return None
    try:
        delivery = _taken(delivery_id, clock.now())
        if delivery is None:
            return None
        outcome = _closed(delivery) or _called(delivery, clock)
        reach("webhook.called")
        _settle(delivery, outcome, clock.now(), draw)
        return outcome
    finally:
        _calls.release()


def _closed(delivery: Delivery) -> Outcome | None:
    """Where its channel was archived since: nothing goes through one, what waited for it neither."""
    channel = delivery.channel
    if channel is None or channel.archived_at is None:
        return None
    return Outcome(None, f"The channel “{channel.name}” is archived; nothing was sent.", final=True)


def _called(delivery: Delivery, clock: Clock) -> Outcome:
    """What nobody thought of is a failed try like others: in the log, with its waits, and at its end given up."""
    try:
        return call(delivery, clock.now(), alive=partial(_hold_on, delivery, clock))
    except DatabaseError:
        raise  # nothing could be written down either
    except Exception as error:
        logger.exception("delivery %s could not be sent", delivery.pk)
        return Outcome(None, f"It could not be sent: {type(error).__name__}. The log of the worker says more.")


def call(delivery: Delivery, now: datetime, *, alive: Reached | None = None) -> Outcome:
    """Signed with the secret of now, and with the one before it as long as that is still good. Writes nothing.

    `alive` is called now and then while a report is written.
    """
    hook, body = delivery.webhook, delivery.body.encode()
    if hook is None:
        return _told(delivery, alive)
    try:
        known = webhooks.secrets_of(hook.owner)
        keys = [known[webhooks.SECRET]]
        if hook.overlap_until is not None and now < hook.overlap_until and webhooks.EARLIER_SECRET in known:
            keys.append(known[webhooks.EARLIER_SECRET])
        answer = outgoing.post(known[webhooks.ADDRESS], body, headers(delivery.message, now, body, keys))
    except outgoing.CallFailed as error:
        return Outcome(None, str(error)[:MOST_SAID])
    except (SecretUnreadable, KeyError):
        return Outcome(None, "The address or the secret cannot be opened with SNAKEWEB_SECRET_KEYS; nothing was sent.")
    said = redact_text(answer.body.decode("utf-8", "replace"))
    return Outcome(answer.status, said[:MOST_SAID], answer.milliseconds)


def _told(delivery: Delivery, alive: Reached | None) -> Outcome:
    """Through a channel of alerts, or to a person."""
    said = json.loads(delivery.body)["data"]
    subject, text, channel = said["subject"], said["text"], delivery.channel
    try:
        if delivery.person is not None:
            address = report_sending.address_of(delivery)
            attached = report_sending.attachments(said, alive)
            sent = alert_channels.mail([address], subject, text, attached, message=delivery.message)
        elif channel is None:
            raise ValueError(f"delivery {delivery.pk} has no receiver")
        elif delivery.kind == WebhookKind.RUN_REPORT and channel.kind == ChannelKind.MAIL:
            attached = report_sending.attachments(said, alive)
            sent = alert_channels.send(channel, subject, text, attached, message=delivery.message)
        else:
            sent = alert_channels.send(channel, subject, text, message=delivery.message)
    except NotFound as gone:
        return Outcome(None, redact_text(gone.message)[:MOST_SAID], final=True)
    except alert_channels.ChannelFailed as error:
        return Outcome(None, redact_text(str(error))[:MOST_SAID])
    except (SecretUnreadable, KeyError):
        return Outcome(None, "The address cannot be opened with SNAKEWEB_SECRET_KEYS; nothing was sent.")
    return Outcome(TAKEN, "", sent.milliseconds)


def _hold_on(delivery: Delivery, clock: Clock, _reached: int) -> None:
    """While a long report is written nobody else takes it up."""
    until = clock.now() + HELD
    mine = Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries, state=DeliveryState.WAITING)
    if mine.update(held_until=until):
        outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery.pk], until)


def log(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    DeliveryTry.objects.create(
        delivery=delivery,
        number=delivery.tries,
        at=now,
        status=outcome.status,
        milliseconds=outcome.milliseconds,
        said=outcome.said,
    )


def forget_old(*, now: datetime) -> int:
    """Deliveries that ended a month ago, with their log. A background loop calls this."""
    return Delivery.objects.filter(ended_at__lt=now - KEPT).delete()[0]


def end_waiting(hook: Webhook, now: datetime) -> int:
    """What still waits is given up, in the caller's transaction; each can be sent again by hand."""
    waiting = Delivery.objects.filter(webhook=hook, state=DeliveryState.WAITING)
    return waiting.update(state=DeliveryState.GIVEN_UP, ended_at=now, held_until=None)


def _taken(delivery_id: int, now: datetime) -> Delivery | None:
    row = Delivery.objects.select_related("webhook", "channel", "person").filter(pk=delivery_id).first()
    if row is None or row.state != DeliveryState.WAITING:
        outbox.mark_claimed(outbox.DELIVER_WEBHOOK, [delivery_id], now)
        return None
    hook = row.webhook
    if hook is not None and (hook.state != WebhookState.ACTIVE or hook.archived_at is not None):
        with transaction.atomic():
            end_waiting(hook, now)
            outbox.mark_claimed(outbox.DELIVER_WEBHOOK, [delivery_id], now)
        return None
    rests_until = hook.rests_until if hook is not None else None
    later = max((at for at in (row.due_at, row.held_until, rests_until) if at is not None), default=now)
    if later > now:
        outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery_id], later)
        return None
    free = Q(held_until=None) | Q(held_until__lte=now)
    same = Delivery.objects.filter(free, pk=row.pk, state=DeliveryState.WAITING, tries=row.tries)
    with transaction.atomic():
        if same.update(tries=F("tries") + 1, held_until=now + HELD) != 1:
            return None
        outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery_id], now + HELD)
    row.tries += 1
    return row


@transaction.atomic
def _settle(delivery: Delivery, outcome: Outcome, now: datetime, draw: Callable[[], float]) -> None:
    mine = Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries, state=DeliveryState.WAITING)
    hook = Webhook.objects.select_for_update().filter(deliveries=delivery.pk).first()
    log(delivery, outcome, now)
    if outcome.arrived:
        Webhook.objects.filter(deliveries=delivery.pk).update(failures=0, failing_since=None, rests_until=None)
        waiting = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
        waiting.update(state=DeliveryState.DELIVERED, ended_at=now, held_until=None)
        outbox.mark_claimed(outbox.DELIVER_WEBHOOK, [delivery.pk], now)
        return
    if hook is not None and not outcome.final:
        _failed(hook, outcome, now)
    wait = wait_seconds(delivery.tries - delivery.tries_before, draw())
    if wait is None or outcome.status == GONE or outcome.final:
        if mine.update(state=DeliveryState.GIVEN_UP, ended_at=now, held_until=None):
            outbox.mark_claimed(outbox.DELIVER_WEBHOOK, [delivery.pk], now)
        return
    due = now + timedelta(seconds=wait)
    if mine.update(due_at=due, held_until=None):
        outbox.postpone(outbox.DELIVER_WEBHOOK, [delivery.pk], due)


def _failed(hook: Webhook, outcome: Outcome, now: datetime) -> None:
    hook.failures += 1
    hook.failing_since = hook.failing_since or now
    hook.rests_until = now + timedelta(seconds=rest_seconds(hook.failures))
    ends = None
    if outcome.status == GONE:
        ends = WebhookState.GONE, "its receiver answered 410 (gone)"
    elif now - hook.failing_since >= GIVES_UP_AFTER:
        ends = WebhookState.FAILING, f"its receiver took nothing for {GIVES_UP_AFTER.days} days"
    if ends is not None and hook.state == WebhookState.ACTIVE:
        hook.state = ends[0]
        end_waiting(hook, now)
    hook.save(update_fields=["failures", "failing_since", "rests_until", "state"])
    if ends is not None:
        _tell(hook, ends[1], now)


def _tell(hook: Webhook, because: str, now: datetime) -> None:
    """Whoever made it, and the admins of its environment."""
    told = {person.pk: person for person in people_with(Role.ADMIN, hook.environment_id)}
    if hook.created_by is not None and hook.created_by.is_active:
        told[hook.created_by.pk] = hook.created_by
    notifications.tell(
        told.values(),
        now=now,
        kind=WEBHOOK_ENDED,
        text=f"The webhook “{hook.name}” was ended: {because}. Nothing is sent to it until it is switched on again.",
        mail=True,
    )
    audit.record(
        actor=SYSTEM,
        now=now,
        action="webhook.end",
        object_type="webhook",
        object_id=hook.pk,
        environment=hook.environment.name if hook.environment else "",
        reason=because,
        after={"name": hook.name, "state": str(hook.state)},
    )
