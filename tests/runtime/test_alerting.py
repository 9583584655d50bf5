"""Alerts in the transaction of their cause; causes that are looked for are in `tests/services/test_alert_watch.py`."""

from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import Alert, AuditEntry, Delivery, Migration, OutboxRow
from migrations_app.services import alerts
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.runs import a_run, migration, plan, queued, step
from tests.runtime.test_journal import opened

pytestmark = pytest.mark.django_db

STARTED = NewEvent(EventType.RUN_STARTED)
FAILED = NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


def test_a_second_failure_is_counted_until_an_hour_is_over_or_somebody_acknowledged(
    admin: Actor, operator: Actor, viewer: Actor, clock: ManualClock
) -> None:
    ruled(admin, clock, "run_failed", mailing(admin, clock))
    revision = migration(plan([step("one")]))

    def again() -> list[tuple[int, bool]]:
        Migration.objects.update(status="planned")
        opened(queued(revision)).append([STARTED, FAILED])
        return [(row.count, row.closed_at is None) for row in Alert.objects.order_by("pk")]

    assert again() == [(1, True)]
    assert again() == [(2, True)]
    first = Alert.objects.get()
    with pytest.raises(PermissionDenied):
        alerts.acknowledge(actor=viewer, now=clock.now(), alert_id=first.pk)
    for _ in range(2):
        alerts.acknowledge(actor=operator, now=clock.now(), alert_id=first.pk)
    assert AuditEntry.objects.filter(action="alert.acknowledge", outcome="allowed").count() == 1
    assert again() == [(2, False), (1, True)]
    Alert.objects.filter(closed_at=None).update(fired_at=clock.now() - HOUR)
    assert again() == [(2, False), (1, False), (1, True)]
    assert Delivery.objects.count() == 3


def test_dry_runs_alert_nobody(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "run_failed", mailing(admin, clock))
    opened(queued(migration(plan([step("one")])), RunKind.DRY_RUN)).append([STARTED, FAILED])

    assert not Alert.objects.exists()


def test_of_a_transaction_that_is_rolled_back_nothing_is_told(admin: Actor, clock: ManualClock) -> None:
    ruled(admin, clock, "run_failed", mailing(admin, clock))
    run = a_run()
    writer = opened(run)
    writer.append([STARTED])
    with pytest.raises(Exception, match="not possible"):
        writer.append([FAILED, NewEvent(EventType.RUN_SUCCEEDED)])

    assert not Alert.objects.exists()
    assert not OutboxRow.objects.filter(task="snakeweb.deliver_webhook").exists()
