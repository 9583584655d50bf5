import io
import json

import pytest
from allauth.account.models import EmailAddress
from pypdf import PdfReader

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import AuditEntry, Delivery, DeliveryTry, MigrationWatcher, OutboxRow, RoleGrant
from migrations_app.runtime import outbox
from migrations_app.selectors.report_receivers import sent_reports
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.plain import digest_of
from migrations_app.selectors.reports.reading import report_content
from migrations_app.services import alert_channels, deliveries, report_sending
from migrations_app.services.errors import InvalidInput, PermissionDenied
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.outgoing_calls import subscribed
from tests.selectors.reports.stories import ERROR, SECRET, much

pytestmark = pytest.mark.django_db


def verified(person):
    EmailAddress.objects.create(user=person, email=f"{person.username}@example.org", verified=True, primary=True)


def sent(delivery, clock):
    return deliveries.deliver(delivery_id=delivery.pk, clock=clock, draw=lambda: 0.5)


def test_a_mail_carries_the_report_once_however_often_the_server_refuses(now, admin, operator, mails):
    clock, run = ManualClock(now), much(now)
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_failed", channel)
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
    ruled(admin, clock, "run_failed", channel)
    report_sending.send(actor=operator, now=now, run_id=run.pk, channels=[channel])
    assert sent(Delivery.objects.get(), clock).arrived

    told = json.loads(receiver.got[0].body)
    assert (told["type"], told["data"]["path"]) == ("run.report", f"/runs/{run.pk}/report/")
    assert ERROR["message"][:12] not in json.dumps(told)


def test_only_who_may_control_the_run_sends_it_and_only_to_who_may_see_it(
    now, admin, operator, viewer, outsider, people, production
):
    clock, run = ManualClock(now), much(now)
    unused = mailing(admin, clock)
    verified(people["outsider"])
    elsewhere, _ = subscribed(admin, clock, "https://r.example/hook", environment_id=production.pk)
    hook = alert_channels.create(actor=admin, now=now, name="hook", kind="webhook", webhook_id=elsewhere.pk)
    ruled(admin, clock, "run_failed", hook)
    with pytest.raises(PermissionDenied):
        report_sending.send(actor=viewer, now=now, run_id=run.pk, channels=[1])
    for channels in ([], [10**6]):
        with pytest.raises(InvalidInput):
            report_sending.send(actor=operator, now=now, run_id=run.pk, channels=channels)
    for wish in (
        {"channels": [unused]},  # no rule of this environment goes through it
        {"channels": [hook]},  # another environment's
        {"people": [outsider.person_id]},  # sees nothing here
        {"people": [viewer.person_id]},  # no verified address
        {"people": [viewer.person_id], "forms": ()},
    ):
        with pytest.raises(InvalidInput):
            report_sending.send(actor=operator, now=now, run_id=run.pk, **wish)
    assert not Delivery.objects.exists()


def test_a_person_gets_it_once_in_the_chosen_form_and_only_while_they_may_see_it(now, operator, people, mails):
    clock, run = ManualClock(now), much(now)
    for name in ("viewer", "auditor"):
        verified(people[name])
    wish = {"people": [people["viewer"].pk, people["auditor"].pk], "forms": [ReportForm.MARKDOWN]}
    assert report_sending.send(actor=operator, now=now, run_id=run.pk, **wish) == 2
    assert report_sending.send(actor=operator, now=now, run_id=run.pk, **wish) == 0  # the button, pressed again
    RoleGrant.objects.filter(person=people["auditor"]).delete()

    for delivery in Delivery.objects.all():
        sent(delivery, clock)
    (mail,) = mails.got
    delivery = Delivery.objects.get(person=people["viewer"])
    assert (mail["To"], mail["Message-ID"]) == ("viewer@example.org", f"<{delivery.message}@snakeweb.invalid>")
    assert [part.get_filename() for part in mail.iter_attachments()] == [f"snakeweb-run-{run.pk}.md"]
    told = {one.receiver: (one.state, one.tries, one.forms) for one in sent_reports(actor=operator, run_id=run.pk)}
    assert told == {
        str(people["viewer"]): ("delivered", 1, ("markdown",)),
        str(people["auditor"]): ("given_up", 1, ("markdown",)),
    }
    entry = AuditEntry.objects.get(action="run.send_report")
    assert "viewer" in bytes(entry.body).decode()


def test_at_the_end_of_a_run_it_goes_by_itself_once_whoever_dies(now, settings, admin, operator, people, mails):
    settings.SNAKEWEB_IMPACT_SECONDS = 5
    clock = ManualClock(now)
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_ended", channel, followers=True, template="Read {link} of run {run}")
    verified(people["viewer"])
    verified(people["auditor"])
    run = much(now)
    MigrationWatcher.objects.create(migration=run.migration, person=people["viewer"])
    row = OutboxRow.objects.get(task=outbox.SEND_REPORTS)
    assert row.arguments == [run.pk, run.last_seq]
    assert (row.not_before - run.ended_at).total_seconds() == 65  # the targets are read for a minute after it
    clock.advance(300)

    with armed("report.queued:raise"), pytest.raises(Crash):
        report_sending.send_at_end(run_id=run.pk, seq=run.last_seq, now=clock.now())
    assert not Delivery.objects.exists()
    assert not AuditEntry.objects.filter(action="run.send_report").exists()
    assert report_sending.send_at_end(run_id=run.pk, seq=run.last_seq, now=clock.now()) == 2
    assert report_sending.send_at_end(run_id=run.pk, seq=run.last_seq, now=clock.now()) == 0

    first = Delivery.objects.order_by("pk")[0]
    with armed("webhook.called:raise"), pytest.raises(Crash):
        sent(first, clock)  # it arrived, and nobody has written so
    clock.advance(90)
    for delivery in Delivery.objects.all():
        assert sent(delivery, clock).arrived
        assert sent(delivery, clock) is None
    assert sorted(mail["To"] for mail in mails.got) == ["ops@example.org", "ops@example.org", "viewer@example.org"]
    assert len({mail["Message-ID"] for mail in mails.got}) == 2  # so whoever got it twice can tell
    assert f"of run {run.pk}" in mails.got[0].get_body().get_content()
    assert [part.get_content_type() for part in mails.got[0].iter_attachments()] == ["application/pdf", "text/html"]


def test_trials_and_rules_of_other_environments_send_nothing(now, admin, production):
    clock = ManualClock(now)
    ruled(admin, clock, "run_ended", mailing(admin, clock), environment_id=production.pk)
    much(now)
    ruled(admin, clock, "run_ended", mailing(admin, clock, name="all"), name="everywhere")
    much(now, kind=RunKind.DRY_RUN)
    assert not OutboxRow.objects.filter(task=outbox.SEND_REPORTS).exists()
