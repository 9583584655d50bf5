"""Messages on their way to a real receiver: what dies, what is refused, what hangs, and that nothing is lost."""

import json
import threading
from datetime import datetime, timedelta

import pytest

from migrations_app.engine.webhooks import signature
from migrations_app.models import AuditEntry, Delivery, DeliveryTry, Notification, OutboxRow, Webhook
from migrations_app.runtime import alerting, webhooks
from migrations_app.services import alert_channels, deliveries
from migrations_app.services import webhooks as service
from migrations_app.services.actor import Actor
from migrations_app.tasks import deliver_webhook
from migrations_app.testing.memory import ManualClock
from tests.alarms import MailSink, mailing, ruled
from tests.outgoing_calls import announced, offered, subscribed, worked_off
from tests.receivers import Receiver, Request

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The worker is gone."""


class MortalClock(ManualClock):
    """The worker that asks it for the nth time dies; each time is between two of its writes or calls."""

    left = 0

    def now(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            raise Died
        return super().now()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def signed_by(request: Request, secret: str) -> bool:
    """As a receiver checks it."""
    made = signature(request.headers["webhook-id"], int(request.headers["webhook-timestamp"]), request.body, secret)
    return made in request.headers["webhook-signature"].split(" ")


def test_a_message_arrives_once_signed_with_the_secret_that_was_shown(
    admin: Actor, clock: ManualClock, receiver: Receiver
) -> None:
    hook, secret = subscribed(admin, clock, receiver.url + "?key=1")
    receiver.body = b"thanks, " + secret.encode()
    announced(clock, why="disk")
    assert worked_off(clock, days=3) == 1

    (got,) = receiver.got
    assert got.path == "/hook?key=1"
    assert json.loads(got.body)["data"] == {"why": "disk"}
    assert signed_by(got, secret)
    assert int(got.headers["webhook-timestamp"]) == int(clock.now().timestamp())
    delivery = Delivery.objects.get(webhook=hook)
    assert (delivery.state, got.headers["webhook-id"]) == ("delivered", delivery.message)
    assert [(one.status, secret in one.said) for one in delivery.log.all()] == [(204, False)]
    assert not OutboxRow.objects.filter(claimed_at=None).exists()


def test_it_is_tried_with_growing_waits_under_one_id_until_the_limit(
    admin: Actor, clock: ManualClock, receiver: Receiver
) -> None:
    subscribed(admin, clock, receiver.url)
    receiver.status, receiver.body = 500, b"no\0room"
    announced(clock)
    assert worked_off(clock, days=10) == 10

    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    stamps = [int(got.headers["webhook-timestamp"]) for got in receiver.got]
    assert stamps == sorted(set(stamps))
    delivery = Delivery.objects.get()
    assert delivery.state == "given_up"
    assert {(one.status, one.said) for one in delivery.log.all()} == {(500, "no\ufffdroom")}
    assert Webhook.objects.get().state == "active"


def test_after_the_receiver_is_back_it_arrives(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    subscribed(admin, clock, receiver.url)
    receiver.answers = [503, 302]
    announced(clock)
    assert worked_off(clock, days=1) == 3

    assert Delivery.objects.get().state == "delivered"
    assert list(DeliveryTry.objects.values_list("number", "status").order_by("pk")) == [(1, 503), (2, 302), (3, 204)]
    hook = Webhook.objects.get()
    assert (hook.failures, hook.failing_since, hook.rests_until) == (0, None, None)


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
def test_a_worker_that_dies_anywhere_loses_nothing(admin: Actor, receiver: Receiver, dies_at: int) -> None:
    clock = MortalClock()
    subscribed(admin, clock, receiver.url)
    announced(clock)
    clock.left = dies_at
    row = OutboxRow.objects.get(task="snakeweb.deliver_webhook")
    try:
        deliveries.deliver(delivery_id=row.arguments[0], clock=clock)
    except Died:
        assert Delivery.objects.get().state == "waiting"
    clock.left = 0
    worked_off(clock, days=1)

    assert Delivery.objects.get().state == "delivered"
    assert receiver.got
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


@pytest.mark.django_db(transaction=True)  # threads look at the same rows
def test_while_one_worker_has_it_no_other_calls(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    hook, _ = subscribed(admin, clock, receiver.url)
    announced(clock)
    row = OutboxRow.objects.get(task="snakeweb.deliver_webhook")
    others: list[object] = []

    def meanwhile(request: object) -> None:
        others.append(offered(clock))
        request.send_response(204)  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]

    receiver.on_request = meanwhile
    deliver_webhook(row.arguments[0])

    assert (others, len(receiver.got)) == ([0], 1)
    assert Delivery.objects.get(webhook=hook).state == "delivered"


def test_gone_ends_the_subscription_and_tells_who_made_it(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    subscribed(admin, clock, receiver.url)
    receiver.status = 410
    announced(clock)
    announced(clock)
    assert worked_off(clock, days=3) == 1

    assert Webhook.objects.get().state == "gone"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"given_up"}
    told = Notification.objects.get(person_id=admin.person_id)
    assert "“receiver” was ended: its receiver answered 410" in told.text
    assert AuditEntry.objects.filter(action="webhook.end").exists()
    assert announced(clock) == 0


def test_days_of_nothing_but_failures_end_it(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    subscribed(admin, clock, receiver.url)
    receiver.status = 500
    for _ in range(6):
        announced(clock)
        offered(clock)
        clock.advance(86_400)

    hook = Webhook.objects.get()
    assert hook.state == "failing"
    assert Notification.objects.filter(kind="webhook_ended").count() == 1
    service.edit(actor=admin, now=clock.now(), webhook_id=hook.pk, enabled=True)
    receiver.status = 204
    announced(clock)
    assert worked_off(clock, days=1) == 1


def test_a_dead_receiver_is_called_now_and_then_not_for_each_message(
    admin: Actor, clock: ManualClock, receiver: Receiver
) -> None:
    subscribed(admin, clock, receiver.url)
    receiver.status = 500
    for _ in range(12):
        announced(clock)
    assert offered(clock) == 1
    clock.advance(4)
    assert offered(clock) == 0

    receiver.status = 204
    worked_off(clock, days=1)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert len(receiver.got) == 13


@pytest.mark.django_db(transaction=True)  # threads look at the same rows
def test_a_receiver_that_hangs_leaves_threads_for_runs_and_other_receivers(
    admin: Actor, clock: ManualClock, receiver: Receiver
) -> None:
    hook, _ = subscribed(admin, clock, receiver.url)
    for _ in range(4):
        announced(clock)
    goes_on, inside = threading.Event(), threading.Semaphore(0)

    def hang(request: object) -> None:
        inside.release()
        goes_on.wait(60)
        request.send_response(204)  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]

    receiver.on_request = hang
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    workers = [threading.Thread(target=deliver_webhook, args=(one,)) for one in ids[:2]]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert inside.acquire(timeout=20)
    try:
        assert deliveries.deliver(delivery_id=ids[2], clock=clock) is None  # at once: both calls are taken
        third = OutboxRow.objects.get(arguments=[ids[2]])
        assert third.not_before == clock.now() + deliveries.BUSY_WAIT
    finally:
        goes_on.set()
        for worker in workers:
            worker.join()
    assert Delivery.objects.filter(webhook=hook, state="delivered").count() == 2


def test_both_secrets_sign_for_a_day(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    hook, first = subscribed(admin, clock, receiver.url)
    second = service.rotate(actor=admin, now=clock.now(), webhook_id=hook.pk).secret
    announced(clock)
    offered(clock)
    clock.advance(timedelta(days=1).total_seconds())
    announced(clock)
    offered(clock)

    during, after = receiver.got
    assert signed_by(during, first)
    assert signed_by(during, second)
    assert signed_by(after, second)
    assert not signed_by(after, first)


def test_without_its_secret_nothing_is_sent_and_it_waits(
    admin: Actor, clock: ManualClock, receiver: Receiver, settings
) -> None:
    subscribed(admin, clock, receiver.url)
    announced(clock)
    keys = settings.SNAKEWEB_SECRET_KEYS
    settings.SNAKEWEB_SECRET_KEYS = ("another key",)
    offered(clock)
    assert receiver.got == []
    assert "cannot be opened" in DeliveryTry.objects.get().said

    settings.SNAKEWEB_SECRET_KEYS = keys
    worked_off(clock, days=1)
    assert len(receiver.got) == 1


def test_an_address_that_has_become_a_forbidden_one_is_not_called(
    admin: Actor, clock: ManualClock, receiver: Receiver, settings
) -> None:
    subscribed(admin, clock, receiver.url)
    announced(clock)
    settings.SNAKEWEB_OUTGOING_NETWORKS = ()
    offered(clock)

    assert receiver.got == []
    assert "127.0.0.1 is not a public address" in DeliveryTry.objects.get().said


def test_after_a_month_nothing_of_it_is_left(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    subscribed(admin, clock, receiver.url)
    announced(clock)
    offered(clock)
    assert deliveries.forget_old(now=clock.now() + timedelta(days=29)) == 0
    deliveries.forget_old(now=clock.now() + timedelta(days=31))

    assert not Delivery.objects.exists()
    assert not DeliveryTry.objects.exists()
    assert webhooks.secrets_of(Webhook.objects.get().owner)


def test_what_waited_for_a_channel_that_is_archived_since_is_not_sent(
    admin: Actor, clock: ManualClock, mails: MailSink, receiver: Receiver
) -> None:
    hook, _ = subscribed(admin, clock, receiver.url)
    pager = alert_channels.create(actor=admin, now=clock.now(), name="pager", kind="webhook", webhook_id=hook.pk)
    everyday = mailing(admin, clock)
    rule = ruled(admin, clock, "chain_broken", everyday, pager)
    mails.answer, receiver.status = "451 later", 500
    alerting.fire_rule(rule, alerting.Matter("chain", "It is broken.", "/audit/"), now=clock.now())
    assert offered(clock) == 2
    failures = Webhook.objects.get().failures
    for channel in (everyday, pager):
        alert_channels.edit(actor=admin, now=clock.now(), alert_channel_id=channel, archived=True)
    mails.answer, receiver.status = "250 OK", 204
    worked_off(clock, days=3)

    assert (mails.got, len(receiver.got)) == ([], 1)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"given_up"}
    said = DeliveryTry.objects.filter(number=2).values_list("said", flat=True)
    assert ["is archived; nothing was sent" in one for one in said] == [True, True]
    assert Webhook.objects.get().failures == failures


def test_what_nobody_thought_of_is_a_failed_try_with_its_waits_and_its_end(
    admin: Actor, clock: ManualClock, settings
) -> None:
    rule = ruled(admin, clock, "chain_broken", mailing(admin, clock))
    alerting.fire_rule(rule, alerting.Matter("chain", "It is broken.", "/audit/"), now=clock.now())
    settings.EMAIL_BACKEND = "no.such.Backend"
    worked_off(clock, days=10)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.log.count()) == ("given_up", 10)
    assert "ModuleNotFoundError" in delivery.log.first().said


def test_a_new_address_has_none_of_the_earlier_one_s_failures(
    admin: Actor, clock: ManualClock, receiver: Receiver
) -> None:
    hook, _ = subscribed(admin, clock, receiver.url)
    receiver.status = 500
    for _ in range(5):
        announced(clock)
        offered(clock)
        clock.advance(86_000)
    service.edit(actor=admin, now=clock.now(), webhook_id=hook.pk, address=receiver.url + "?new")
    receiver.answers, receiver.status = [503], 204
    clock.advance(3_000)
    announced(clock)
    worked_off(clock, days=1)

    hook.refresh_from_db()
    assert (hook.state, hook.failures) == ("active", 0)
