"""Channels on their way: a mail server and a service behind Apprise that refuse, are gone, and come back."""

import json
from datetime import UTC, datetime

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import Delivery, OutgoingSecret
from migrations_app.runtime.alert_channels import apprise_shown, problem_with_apprise
from migrations_app.services import alert_channels
from migrations_app.services.actor import Actor
from migrations_app.testing.memory import ManualClock
from tests.alarms import MailSink, mailing, ruled
from tests.outgoing_calls import offered, worked_off
from tests.receivers import Receiver, receiving
from tests.runs import a_run
from tests.runtime.test_journal import opened

pytestmark = pytest.mark.django_db

STARTED = NewEvent(EventType.RUN_STARTED)
FAILED = NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


def test_a_dead_receiver_blocks_no_run_and_loses_no_alert(
    admin: Actor, clock: ManualClock, mails: MailSink, receiver: Receiver
) -> None:
    mails.answer, receiver.status = "451 later", 500
    apprise = alert_channels.create(
        actor=admin,
        now=clock.now(),
        name="chat",
        kind="apprise",
        address=f"json://127.0.0.1:{receiver.port}/?key=s3cret",
    )
    ruled(admin, clock, "run_failed", mailing(admin, clock), apprise)
    run = a_run()
    opened(run).append([STARTED, FAILED])
    clock.advance_to(datetime.now(UTC))
    run.refresh_from_db()
    assert run.state == "failed"
    assert (offered(clock), Delivery.objects.filter(state="waiting").count()) == (2, 2)
    said = " ".join(Delivery.objects.values_list("log__said", flat=True))
    assert "The mail server did not take it" in said
    assert "did not take it" in said
    assert "s3cret" not in said

    mails.answer, receiver.status = "250 OK", 200
    worked_off(clock, days=0.1)
    assert len(mails.got) == 1
    assert "run" in json.loads(receiver.got[-1].body)["message"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_redirect_of_the_receiver_is_not_followed(admin: Actor, clock: ManualClock, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        apprise = alert_channels.create(
            actor=admin,
            now=clock.now(),
            name="chat",
            kind="apprise",
            address=f"json://127.0.0.1:{receiver.port}/?redirect=yes",
        )
        ruled(admin, clock, "run_failed", apprise)
        opened(a_run()).append([STARTED, FAILED])
        clock.advance_to(datetime.now(UTC))
        offered(clock)

    assert (len(receiver.got), other.got) == (1, [])


def test_an_address_of_apprise_is_sealed_and_its_kind_is_shown(admin: Actor, clock: ManualClock) -> None:
    made = alert_channels.create(
        actor=admin,
        now=clock.now(),
        name="chat",
        kind="apprise",
        address="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
    )

    assert b"TIiajkdnlazkcOXrIdevi7FQ" not in bytes(OutgoingSecret.objects.get(owner=f"alert-channel:{made}").sealed)
    assert apprise_shown("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops") == "slack://…"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "slack://",
        "https://receiver.example/",
        "json://10.0.0.1/",
        "jsons://[::ffff:10.0.0.1]/",
        "syslog://",
        "exec://x",
        "json://[::1",
        "jsons://host:99999/",
        "slack://u:p@\u2100/",
    ],
)
def test_an_address_that_leads_inside_or_nowhere_is_refused(url: str) -> None:
    assert problem_with_apprise(url)
