import pytest
from django.core import mail

from migrations_app.models import Notification, OutboxRow
from migrations_app.services import notifications
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import PermissionDenied

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(people, now):
    notifications.tell(
        [people["approver"], people["operator"]],
        now=now,
        kind=notifications.SIGNATURE_WANTED,
        text="x" * 400,
        mail=True,
    )
    return Notification.objects.order_by("pk")


def test_everybody_gets_an_entry_and_a_mail_is_asked_for(told):
    assert [row.person.username for row in told] == ["approver", "operator"]
    assert {len(row.text) for row in told} == {300}
    assert [row.arguments for row in OutboxRow.objects.order_by("pk")] == [[row.pk] for row in told]


def test_without_an_address_there_is_no_mail(people, now):
    people["viewer"].email = ""

    notifications.tell([people["viewer"]], now=now, kind="x", text="hello", mail=True)

    assert Notification.objects.count() == 1
    assert not OutboxRow.objects.exists()


def test_a_mail_is_sent_once_and_leads_to_the_page(stage, people, now):
    migration = stage.migration()
    notifications.tell(
        [people["approver"]], now=now, kind=notifications.SIGNATURE_WANTED, text="Please sign", migration=migration
    )
    row = Notification.objects.get()

    assert notifications.deliver(notification_id=row.pk, now=now)
    assert not notifications.deliver(notification_id=row.pk, now=now)

    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("[Snakeweb] Please sign", ["approver@example.org"])
    assert f"/migrations/{migration.pk}/" in sent.body


def test_links_name_the_host_where_it_is_known(settings, people, now):
    settings.CSRF_TRUSTED_ORIGINS = ["https://snakeweb.example.org"]
    notifications.tell([people["approver"]], now=now, kind="x", text="hello")

    notifications.deliver(notification_id=Notification.objects.get().pk, now=now)

    assert "https://snakeweb.example.org/inbox/" in mail.outbox[0].body


def test_a_mail_server_that_refuses_leaves_it_for_the_next_try(settings, told, now, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1

    with pytest.raises(OSError):
        notifications.deliver(notification_id=told[0].pk, now=now)

    told[0].refresh_from_db()
    assert Notification.objects.get(pk=told[0].pk).mailed_at is None


def test_reading_is_for_oneself_and_information_is_done_with_it(people, approver, operator, told, now):
    notifications.tell([people["approver"]], now=now, kind=notifications.REVIEW_REJECTED, text="declined")
    wanted, others, information = Notification.objects.order_by("pk")

    for row in (wanted, others, information):
        notifications.mark_read(actor=approver, now=now, notification_id=row.pk)

    wanted, others, information = Notification.objects.order_by("pk")
    assert (wanted.read_at, wanted.done_at) == (now, None)
    assert (others.read_at, others.done_at) == (None, None)
    assert (information.read_at, information.done_at) == (now, now)
    with pytest.raises(PermissionDenied):
        notifications.mark_read(actor=SYSTEM, now=now, notification_id=wanted.pk)


def test_all_at_once(approver, told, now):
    notifications.mark_all_read(actor=approver, now=now)

    assert Notification.objects.filter(read_at=now).count() == 1


def test_what_is_settled_wants_nobody_any_more(stage, people, now):
    migration = stage.migration()
    both = [people["approver"], people["second_approver"]]
    notifications.tell(both, now=now, kind="signature_wanted", text="sign", migration=migration)

    settled = notifications.settle(
        now=now, kind="signature_wanted", migration=migration, person_id=people["approver"].pk
    )

    assert settled == 1
    assert notifications.settle(now=now, kind="signature_wanted", migration=migration) == 1


def test_what_was_read_is_unread_again_and_what_is_settled_stays_settled(people, approver, now):
    notifications.tell([people["approver"]], now=now, kind="news", text="news")
    notifications.tell([people["approver"]], now=now, kind=notifications.SIGNATURE_WANTED, text="sign")
    Notification.objects.filter(text="sign").update(done_at=now)
    for row in Notification.objects.all():
        notifications.mark_read(actor=approver, now=now, notification_id=row.pk)
        notifications.mark_unread(actor=approver, now=now, notification_id=row.pk)

    assert dict(Notification.objects.values_list("text", "done_at")) == {"news": None, "sign": now}
    assert not Notification.objects.exclude(read_at=None).exists()
