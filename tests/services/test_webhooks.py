"""Who may have what told to whom, and what of it stays in the audit trail."""

import json
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Delivery, Environment, OutgoingSecret, Person, RoleGrant, Webhook
from migrations_app.runtime import webhooks as store
from migrations_app.selectors import webhooks as reads
from migrations_app.services import webhooks
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from migrations_app.testing.memory import ManualClock
from tests.cast import NOW, actor_of
from tests.outgoing_calls import announced, offered, subscribed
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db

URL = "https://me:passw0rd-of-mine@receiver.example/hook?key=s3cret-key"


def made(actor: Actor, **changes: object) -> webhooks.NewSecret:
    wish = {"name": "chat", "address": URL, "kinds": ["run.failed"]} | changes
    return webhooks.create(actor=actor, now=NOW, **wish)


def test_address_and_secret_are_sealed_and_in_no_row_page_or_audit_entry(admin: Actor) -> None:
    new = made(admin)
    webhooks.edit(actor=admin, now=NOW, webhook_id=new.id, name="room", address=URL + "&x=1")
    rotated = webhooks.rotate(actor=admin, now=NOW, webhook_id=new.id)

    assert store.secrets_of(f"webhook:{new.id}") == {
        "address": URL + "&x=1",
        "secret": rotated.secret,
        "earlier-secret": new.secret,
    }
    row = reads.webhook_row(actor=admin, webhook_id=new.id)
    told = [bytes(entry.body).decode() for entry in AuditEntry.objects.all()]
    told += [repr(row), json.dumps(list(Webhook.objects.values()), default=str)]
    told += [repr(bytes(one.sealed)) for one in OutgoingSecret.objects.all()]
    for secret in (new.secret, rotated.secret, "passw0rd-of-mine", "s3cret-key"):
        assert not [text for text in told if secret in text]
    assert row.address.startswith("https://receiver.example/…")
    actions = AuditEntry.objects.filter(action__startswith="webhook.").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["webhook.create", "webhook.edit", "webhook.rotate"]


def test_an_edit_that_changes_nothing_moves_nothing(admin: Actor) -> None:
    new = made(admin)
    before = Webhook.objects.values().get()
    same = {"name": " chat ", "kinds": ["run.failed"], "enabled": True, "archived": False}
    webhooks.edit(actor=admin, now=NOW + timedelta(hours=1), webhook_id=new.id, seen=[1], **same)
    assert Webhook.objects.values().get() == before
    assert not AuditEntry.objects.filter(action="webhook.edit").exists()
    webhooks.edit(actor=admin, now=NOW, webhook_id=new.id, address=URL)
    assert Webhook.objects.get().version == 2, "nobody is told whether an address is the one in use"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "chat"}, "name"),
        ({"address": "receiver"}, "address"),
        ({"address": "https://169.254.169.254/latest"}, "address"),
        ({"address": "https://[::ffff:10.0.0.1]/"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["run.failed", "nothing"]}, "kinds"),
        ({"kinds": ["alert.fired"]}, "kinds"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(admin: Actor, change: dict[str, object], field: str) -> None:
    made(admin)
    with pytest.raises(InvalidInput) as refused:
        made(admin, **({"name": "another"} | change))

    assert {problem.field for problem in refused.value.problems} == {field}
    assert Webhook.objects.count() == 1


def test_an_admin_of_one_environment_reaches_that_one_only(
    admin: Actor, operator: Actor, dev: Environment, staging: Environment
) -> None:
    person = Person.objects.create_user("dev_admin", "dev_admin@example.org")
    RoleGrant.objects.create(person=person, role="admin", environment=dev, granted_at=NOW)
    dev_admin = actor_of(person, NOW)
    everywhere, of_staging = made(admin).id, made(admin, name="staging", environment_id=staging.pk).id
    own = made(dev_admin, name="dev", environment_id=dev.pk).id

    assert [row.name for row in reads.list_webhooks(actor=dev_admin)] == ["dev"]
    assert [row.name for row in reads.list_webhooks(actor=admin)] == ["chat", "dev", "staging"]
    webhooks.rotate(actor=dev_admin, now=NOW, webhook_id=own)
    for refused in (everywhere, of_staging):
        with pytest.raises((PermissionDenied, NotFound)):
            webhooks.edit(actor=dev_admin, now=NOW, webhook_id=refused, name="mine")
        with pytest.raises((PermissionDenied, NotFound)):
            reads.list_deliveries(actor=dev_admin, webhook_id=refused)
    with pytest.raises(PermissionDenied):
        made(dev_admin, name="more")
    with pytest.raises(PermissionDenied):
        made(operator, name="more", environment_id=dev.pk)
    with pytest.raises(PermissionDenied):
        reads.list_webhooks(actor=operator)
    assert AuditEntry.objects.filter(outcome="denied", action="webhook.create").count() == 2


def test_a_test_is_sent_at_once_and_once_and_logged(admin: Actor, receiver: Receiver) -> None:
    hook, _ = subscribed(admin, ManualClock(NOW), receiver.url)
    receiver.answers = [500]
    failed = webhooks.test(actor=admin, now=NOW, webhook_id=hook.pk)
    arrived = webhooks.test(actor=admin, now=NOW, webhook_id=hook.pk)

    assert (failed.arrived, failed.status, arrived.arrived, arrived.status) == (False, 500, True, 204)
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["webhook.test", "webhook.test"]
    listing = reads.list_deliveries(actor=admin, webhook_id=hook.pk)
    assert [(row.state, [one.status for one in row.log]) for row in listing.rows] == [
        ("delivered", [204]),
        ("given_up", [500]),
    ]


def test_what_arrived_or_was_given_up_is_sent_again_under_its_id(admin: Actor, receiver: Receiver) -> None:
    clock = ManualClock(NOW)
    hook, _ = subscribed(admin, clock, receiver.url)
    announced(clock)
    offered(clock)
    delivery = Delivery.objects.get()
    webhooks.redeliver(actor=admin, now=clock.now(), webhook_id=hook.pk, delivery_id=delivery.pk)
    offered(clock)

    assert [got.headers["webhook-id"] for got in receiver.got] == [delivery.message] * 2
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.tries_before) == ("delivered", 2, 1)
    with pytest.raises(NotFound):
        webhooks.redeliver(actor=admin, now=clock.now(), webhook_id=hook.pk, delivery_id=delivery.pk + 1)


def test_one_that_waits_is_sent_now(admin: Actor, receiver: Receiver) -> None:
    clock = ManualClock(NOW)
    hook, _ = subscribed(admin, clock, receiver.url)
    receiver.answers = [500]
    announced(clock)
    offered(clock)
    assert offered(clock) == 0
    webhooks.redeliver(actor=admin, now=clock.now(), webhook_id=hook.pk, delivery_id=Delivery.objects.get().pk)

    assert offered(clock) == 1
    assert Delivery.objects.get().state == "delivered"


def test_switched_off_or_archived_nothing_is_sent_and_what_waited_is_given_up(admin: Actor, receiver: Receiver) -> None:
    clock = ManualClock(NOW)
    hook, _ = subscribed(admin, clock, receiver.url)
    announced(clock)
    webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, enabled=False)
    assert (offered(clock), announced(clock), receiver.got) == (0, 0, [])
    assert Delivery.objects.get().state == "given_up"
    with pytest.raises(Conflict, match="not active"):
        webhooks.redeliver(actor=admin, now=NOW, webhook_id=hook.pk, delivery_id=Delivery.objects.get().pk)

    webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, enabled=True, archived=True)
    assert announced(clock) == 0
    assert reads.list_webhooks(actor=admin) == ()
    assert [row.archived for row in reads.list_webhooks(actor=admin, archived=True)] == [True]


def test_the_one_of_the_settings_is_changed_there_and_can_be_rotated(admin: Actor, settings) -> None:
    settings.SNAKEWEB_MIGRATION = {"progress_webhook": "https://monitoring.example.com/"}
    store.follow_settings(NOW)
    hook = Webhook.objects.get()
    with pytest.raises(InvalidInput, match="settings"):
        webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, name="mine")

    assert webhooks.rotate(actor=admin, now=NOW, webhook_id=hook.pk).earlier_until == NOW + timedelta(days=1)


def test_one_is_brought_back_where_there_is_room_and_its_name_is_free(
    admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_WEBHOOKS", 1)
    hook = Webhook.objects.get(pk=made(admin).id)
    webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, archived=True)
    made(admin)

    with pytest.raises(InvalidInput) as refused:
        webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, archived=False)

    assert [problem.code for problem in refused.value.problems] == ["too_many", "taken"]
    monkeypatch.undo()
    webhooks.edit(actor=admin, now=NOW, webhook_id=hook.pk, archived=False, name="room")
    hook.refresh_from_db()
    assert (hook.archived_at, hook.state, hook.name) == (None, "active", "room")
    entry = AuditEntry.objects.filter(action="webhook.edit", outcome="allowed").latest("seq")
    assert json.loads(bytes(entry.body))["before"]["archived"] is True


def test_a_new_secret_helps_where_the_key_of_the_earlier_one_is_gone(
    admin: Actor, receiver: Receiver, settings
) -> None:
    clock = ManualClock(NOW)
    hook, _ = subscribed(admin, clock, receiver.url)
    webhooks.rotate(actor=admin, now=clock.now(), webhook_id=hook.pk)
    settings.SNAKEWEB_SECRET_KEYS = ("another key",)
    made = webhooks.rotate(actor=admin, now=clock.now(), webhook_id=hook.pk)
    webhooks.edit(actor=admin, now=clock.now(), webhook_id=hook.pk, address=receiver.url + "?again")

    assert made.earlier_until is None
    assert webhooks.test(actor=admin, now=clock.now(), webhook_id=hook.pk).arrived
