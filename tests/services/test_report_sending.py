import io
import json

import pytest
from pypdf import PdfReader

from migrations_app.models import AuditEntry, Delivery, DeliveryTry
from migrations_app.selectors.reports.plain import digest_of
from migrations_app.selectors.reports.reading import report_content
from migrations_app.services import alert_channels, deliveries, report_sending
from migrations_app.services.errors import InvalidInput, PermissionDenied
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing
from tests.outgoing_calls import subscribed
from tests.selectors.reports.stories import ERROR, SECRET, much

pytestmark = pytest.mark.django_db


def sent(delivery, clock):
    return deliveries.deliver(delivery_id=delivery.pk, clock=clock, draw=lambda: 0.5)


def test_a_mail_carries_the_report_once_however_often_the_server_refuses(now, admin, operator, mails):
    clock, run = ManualClock(now), much(now)
    channel = mailing(admin, clock)
    assert report_sending.send(actor=operator, now=now, run_id=run.pk, channels=[channel]) == 1
    delivery, entry = Delivery.objects.get(), AuditEntry.objects.get(action="run.send_report")

    mails.answer = "451 later"
    assert not sent(delivery, clock).arrived
    mails.answer = "250 OK"
    clock.advance(60)
    assert sent(delivery, clock).arrived
    assert sent(delivery, clock) is None

    (mail,) = mails.got
    pdf, page = mail.iter_attachments()
    assert [part.get_filename() for part in (pdf, page)] == [
        f"snakeweb-run-{run.pk}.pdf",
        f"snakeweb-run-{run.pk}.html",
    ]
    content = report_content(actor=operator, run_id=run.pk, now=now)
    written = "".join(each.extract_text() for each in PdfReader(io.BytesIO(pdf.get_content())).pages)
    for text in (written, page.get_content()):
        squeezed = "".join(text.split())
        assert digest_of(content) in squeezed
        assert entry.hash in squeezed
        assert SECRET not in squeezed
    assert f"/runs/{run.pk}/report/" in mail.get_body().get_content()
    assert DeliveryTry.objects.filter(delivery=delivery).count() == 2


def test_a_webhook_is_told_where_it_stands_and_nothing_that_may_quote_data(now, admin, operator, receiver):
    clock, run = ManualClock(now), much(now)
    made, _ = subscribed(admin, clock, f"{receiver.url}/hook")
    channel = alert_channels.create(actor=admin, now=now, name="hook", kind="webhook", webhook_id=made.pk)
    report_sending.send(actor=operator, now=now, run_id=run.pk, channels=[channel])
    assert sent(Delivery.objects.get(), clock).arrived

    told = json.loads(receiver.got[0].body)
    assert (told["type"], told["data"]["path"]) == ("run.report", f"/runs/{run.pk}/report/")
    assert ERROR["message"][:12] not in json.dumps(told)


def test_only_who_may_control_the_run_sends_it_and_only_to_what_is_there(now, operator, viewer):
    run = much(now)
    with pytest.raises(PermissionDenied):
        report_sending.send(actor=viewer, now=now, run_id=run.pk, channels=[1])
    for channels in ([], [10**6]):
        with pytest.raises(InvalidInput):
            report_sending.send(actor=operator, now=now, run_id=run.pk, channels=channels)
    assert not Delivery.objects.exists()
