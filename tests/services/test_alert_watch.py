"""Each alert rule fired by its real cause, and delivered to a real mail server and a real HTTP receiver, once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import RouteSeries
from migrations_app.models import Alert, AlertRule, Delivery, Migration, Route, Run, RunEvent
from migrations_app.runtime import journal, route_samples
from migrations_app.services import alert_channels, alert_watch, alerts, proving, sealing
from migrations_app.services.actor import Actor
from migrations_app.testing.memory import ManualClock
from tests.alarms import MailSink, mailing, ruled
from tests.audit_table import entries, without_triggers
from tests.cast import Cast
from tests.outgoing_calls import offered, subscribed, worked_off
from tests.receivers import Receiver
from tests.runs import a_run, environment
from tests.runtime.test_journal import opened
from tests.services.reviewing import submitted
from tests.services.scheduling import scheduling
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db

STARTED = NewEvent(EventType.RUN_STARTED)
NO = {"error": {"message": "the row 'hunter2' is bad"}}
FAILED = NewEvent(EventType.RUN_FAILED, payload=NO)
BACK = NewEvent(EventType.ROLLBACK_STARTED, payload={"because": "failed"})
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ManualClock:
    """Real time at its beginning: journals are written by it."""
    return ManualClock(datetime.now(UTC))


def failed(clock: ManualClock, *_: Any) -> None:
    opened(a_run()).append([STARTED, FAILED])


def rolled_back(clock: ManualClock, *_: Any) -> None:
    opened(a_run()).append([STARTED, BACK, NewEvent(EventType.RUN_ROLLED_BACK)])


def stuck(clock: ManualClock, *_: Any) -> None:
    opened(a_run()).append([STARTED, BACK, NewEvent(EventType.RUN_STUCK, payload=NO)])


def at_work_for_an_hour(clock: ManualClock, *_: Any) -> None:
    opened(a_run()).append([STARTED])
    clock.advance_to(datetime.now(UTC) + HOUR)


def lagging(clock: ManualClock, *_: Any) -> None:
    route = Route.objects.create(
        environment=environment(), name="shop", phase="dual_a", authority="a", changed_at=clock.now()
    )
    route_samples.keep(route.pk, RouteSeries.LAG, 6_200, now=clock.now())


def unsigned(clock: ManualClock, stage: Stage, *_: Any) -> None:
    submitted(stage)
    clock.advance_to(max(clock.now(), Migration.objects.get().submitted_at) + 5 * HOUR)


def missed(clock: ManualClock, stage: Stage, cast: Cast, directory: Path) -> None:
    here = scheduling(cast, directory)
    here.schedule(here.now - HOUR)
    here.attend()


def tampered(clock: ManualClock, *_: Any) -> None:
    rows = entries(3)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE migrations_app_auditentry SET actor = 'eve', body = %s WHERE seq = %s", [b"{}", rows[1].seq]
        )
    proving.verify_chain(now=clock.now())


CAUSES: dict[str, tuple[Callable[..., None], str]] = {
    "run_failed": (failed, "failed"),
    "run_rolled_back": (rolled_back, "was rolled back"),
    "run_stuck": (stuck, "is stuck"),
    "run_stalled": (at_work_for_an_hour, "no sign of life"),
    "run_slow": (at_work_for_an_hour, "more than 200 % of the 10 s"),
    "lag": (lagging, "route shop lags 6,200 ms behind; 5,000 ms are allowed"),
    "approval_waiting": (unsigned, "waits for signatures since"),
    "window_missed": (missed, "was missed and will not be made up for"),
    "chain_broken": (tampered, "The audit chain is broken: Entry"),
}


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_each_rule_is_fired_by_its_real_cause_and_told_once_by_mail_and_webhook(
    cause: str,
    admin: Actor,
    clock: ManualClock,
    mails: MailSink,
    receiver: Receiver,
    stage: Stage,
    cast: Cast,
    tmp_path: Path,
) -> None:
    hook, _ = subscribed(admin, clock, receiver.url, "review.expired")
    by_webhook = alert_channels.create(actor=admin, now=clock.now(), name="pager", kind="webhook", webhook_id=hook.pk)
    ruled(admin, clock, cause, mailing(admin, clock), by_webhook, template="{cause}: {text} {link}")
    happens, words = CAUSES[cause]
    happens(clock, stage, cast, tmp_path)
    for _ in range(3):  # a minute later it is the same alert
        alert_watch.watch(now=clock.now())
        worked_off(clock, days=0.01)

    alert = Alert.objects.get()
    assert words in alert.text
    (mail,) = mails.got
    assert mail["To"] == "ops@example.org"
    assert words in " ".join(mail.get_payload(decode=True).decode().split())
    assert alert.path in mail.get_payload(decode=True).decode()
    (got,) = receiver.got
    body = json.loads(got.body)
    assert (body["type"], body["data"]["cause"]) == ("alert.fired", cause)
    assert words in body["data"]["text"]
    assert "hunter2" not in mail.as_string() + got.body.decode()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_quiet_hours_hold_it_back_and_escalation_does_not_wait_for_them(
    admin: Actor, operator: Actor, clock: ManualClock, mails: MailSink
) -> None:
    now = clock.now()
    everyday, boss = mailing(admin, clock), mailing(admin, clock, "boss", "boss@example.org")
    ends = (now + 4 * HOUR).replace(minute=0, second=0, microsecond=0)
    ruled(
        admin,
        clock,
        "run_failed",
        everyday,
        quiet_from=time((now - HOUR).hour),
        quiet_to=time(ends.hour),
        escalate_minutes=30,
        escalation_channels=(boss,),
    )
    failed(clock)
    assert offered(clock) == 0
    clock.advance_to(datetime.now(UTC) + timedelta(minutes=31))
    assert alert_watch.watch(now=clock.now()) == 1
    assert alert_watch.watch(now=clock.now()) == 0
    offered(clock)
    assert [(mail["To"], "Nobody has acknowledged" in mail["Subject"]) for mail in mails.got] == [
        ("boss@example.org", True)
    ]
    worked_off(clock, days=0.5)
    assert [mail["To"] for mail in mails.got] == ["boss@example.org", "ops@example.org"]
    assert clock.now() >= ends


def test_whoever_acknowledges_in_time_keeps_it_from_escalating(
    admin: Actor, operator: Actor, clock: ManualClock
) -> None:
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_stalled", channel, escalate_minutes=5, escalation_channels=(channel,))
    at_work_for_an_hour(clock)
    alert_watch.watch(now=clock.now())
    alerts.acknowledge(actor=operator, now=clock.now(), alert_id=Alert.objects.get().pk)
    clock.advance(600)

    assert alert_watch.watch(now=clock.now()) == 0
    assert (Delivery.objects.count(), Alert.objects.get().closed_at) == (1, None)


def test_what_no_longer_holds_closes_its_alert_and_fires_anew_the_next_time(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "lag", mailing(admin, clock))
    lagging(clock)
    assert [alert_watch.watch(now=clock.now()) for _ in range(2)] == [1, 0]
    clock.advance(120)
    alert_watch.watch(now=clock.now())
    assert Alert.objects.get().closed_at == clock.now()
    clock.advance(3_600)
    route_samples.keep(Route.objects.get().pk, RouteSeries.LAG, 9_000, now=clock.now())

    assert alert_watch.watch(now=clock.now()) == 1
    assert Alert.objects.count() == 2


def test_a_condition_that_comes_and_goes_is_told_once_in_its_time_and_escalates(
    admin: Actor, clock: ManualClock, mails: MailSink
) -> None:
    everyday, boss = mailing(admin, clock), mailing(admin, clock, "boss", "boss@example.org")
    ruled(admin, clock, "lag", everyday, escalate_minutes=15, escalation_channels=(boss,))
    lagging(clock)
    told = []
    for _ in range(9):  # there for two minutes, gone for one
        told.append(alert_watch.watch(now=clock.now()))
        clock.advance(120)
        told.append(alert_watch.watch(now=clock.now()))
        clock.advance(60)
        comes_back(clock)
    offered(clock)

    assert [mail["To"] for mail in mails.got] == ["ops@example.org", "boss@example.org"]
    assert (Alert.objects.get().count, sum(told)) == (9, 2)


def comes_back(clock: ManualClock) -> None:
    route_samples.keep(Route.objects.get().pk, RouteSeries.LAG, 6_200, now=clock.now())


def test_the_time_to_an_escalation_counts_while_the_condition_holds(admin: Actor, clock: ManualClock) -> None:
    channel = mailing(admin, clock)
    ruled(admin, clock, "lag", channel, escalate_minutes=15, escalation_channels=(channel,))
    lagging(clock)
    alert_watch.watch(now=clock.now())
    clock.advance(10 * 60)
    alert_watch.watch(now=clock.now())
    clock.advance(40 * 60)
    comes_back(clock)
    told = []
    for _ in range(6):  # ten minutes of fifteen are over
        told.append(alert_watch.watch(now=clock.now()))
        clock.advance(60)
        comes_back(clock)

    assert (told, Alert.objects.get().count) == ([0, 0, 0, 0, 0, 1], 7)


@pytest.mark.parametrize("ends", ["by itself", "with its rule"])
@pytest.mark.parametrize("done", ["acknowledged", "escalated"])
def test_what_comes_back_after_somebody_was_done_with_it_is_told_and_escalates_anew(
    done: str, ends: str, admin: Actor, operator: Actor, clock: ManualClock
) -> None:
    channel = mailing(admin, clock)
    rule = ruled(admin, clock, "lag", channel, escalate_minutes=5, escalation_channels=(channel,))
    lagging(clock)
    assert alert_watch.watch(now=clock.now()) == 1
    if done == "acknowledged":
        alerts.acknowledge(actor=operator, now=clock.now(), alert_id=Alert.objects.get().pk)
    clock.advance(300)
    comes_back(clock)
    assert alert_watch.watch(now=clock.now()) == (0 if done == "acknowledged" else 1)
    clock.advance(120)
    AlertRule.objects.filter(pk=rule.pk).update(enabled=ends == "by itself")
    alert_watch.watch(now=clock.now())
    AlertRule.objects.update(enabled=True)
    comes_back(clock)

    assert alert_watch.watch(now=clock.now()) == 1
    clock.advance(300)
    comes_back(clock)
    assert alert_watch.watch(now=clock.now()) == 1
    first, second = Alert.objects.order_by("pk")
    assert (first.closed_at, second.closed_at, second.escalated_at) == (clock.now() - 5 * MINUTE, None, clock.now())


def test_a_run_that_was_paused_over_night_is_not_slow(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "run_slow", mailing(admin, clock))
    run = a_run()
    opened(run).append([STARTED, NewEvent(EventType.RUN_PAUSED)])
    began = datetime.now(UTC) - 9 * HOUR
    RunEvent.objects.filter(run=run).update(at=began)
    Run.objects.update(started_at=began)
    with transaction.atomic():
        journal.append_by_person(run, [NewEvent(EventType.RUN_RESUMED)], now=datetime.now(UTC))
    assert Run.objects.get().state == "running"
    assert alert_watch.watch(now=datetime.now(UTC)) == 0

    assert alert_watch.watch(now=datetime.now(UTC) + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    ("parked", "fires"), [("partitions", True), ("confirmation", False), ("paused", False), ("retry", False)]
)
def test_a_run_that_is_parked_is_watched_where_nobody_is_to_do_anything_first(
    admin: Actor, clock: ManualClock, parked: str, fires: bool
) -> None:
    for cause in ("run_stalled", "run_slow"):
        ruled(admin, clock, cause, mailing(admin, clock, cause))
    wake = {"wake_at": (clock.now() + 5 * HOUR).isoformat()} if parked == "retry" else {}
    opened(a_run()).append([STARTED, NewEvent(EventType.RUN_PARKED, payload={"reason": parked, **wake})])
    assert Run.objects.get().state == "parked"

    assert alert_watch.watch(now=clock.now() + HOUR) == (2 if fires else 0)


def test_a_run_that_no_worker_takes_up_is_told(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "run_stalled", mailing(admin, clock))
    run = a_run()
    RunEvent.objects.filter(run=run).update(at=clock.now())
    assert [alert_watch.watch(now=clock.now() + timedelta(minutes=wait)) for wait in (9, 10)] == [0, 1]
    assert "no sign of life" in Alert.objects.get().text


def test_a_chain_that_cannot_be_sealed_is_told_too(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "chain_broken", mailing(admin, clock))
    rows = entries(2)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE migrations_app_auditentry SET body = %s WHERE seq = %s", [b"{}", rows[0].seq])
    sealing.seal_audit(now=clock.now() + HOUR)
    alert_watch.watch(now=clock.now() + HOUR)

    assert "is not as it was written" in Alert.objects.get(closed_at=None).text
