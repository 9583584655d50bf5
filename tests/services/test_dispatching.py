from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core import mail

from migrations_app.models import Notification, OutboxRow
from migrations_app.runtime import outbox
from migrations_app.services import dispatching
from migrations_app.tasks import send_mail
from tests.runs import AT, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def notification() -> Notification:
    row = Notification.objects.create(person=person(), kind="run_failed", text="Run 1 failed.", created_at=AT)
    outbox.put_mail(notification_id=row.pk, now=AT)
    return row


def test_a_mail_is_sent_once(notification: Notification) -> None:
    assert dispatching.deliver_mail(notification_id=notification.pk, now=AT) is True
    assert dispatching.deliver_mail(notification_id=notification.pk, now=AT) is False

    assert [message.to for message in mail.outbox] == [["olga@example.org"]]
    assert OutboxRow.objects.get().claimed_at is not None


def test_the_task_sends_it(notification: Notification) -> None:
    send_mail(notification.pk)

    assert len(mail.outbox) == 1


def test_a_mail_server_that_refuses_is_tried_again_later(
    notification: Notification, settings: LazySettings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(OSError):
        dispatching.deliver_mail(notification_id=notification.pk, now=AT)

    row = OutboxRow.objects.get()
    assert row.claimed_at is None
    assert row.not_before is not None
    assert (row.not_before - AT) == dispatching.MAIL_AGAIN
    notification.refresh_from_db()
    assert notification.mailed_at is None
