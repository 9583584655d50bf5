from datetime import timedelta

import pytest

from migrations_app.models import AlertChannel, Attendance, AuditWatch, Delivery, Schedule, Webhook
from migrations_app.runtime import audit
from migrations_app.runtime.audit import AuditRecord
from migrations_app.selectors.attendance import Receivers, attention, audit_attention, receivers

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def schedule(stage, people, now):
    return Schedule.objects.create(
        migration=stage.migration(),
        kind="dry_run",
        timing="at",
        due_at=now + MINUTE,
        grace_minutes=15,
        created_by=people["operator"],
        created_at=now - 5 * MINUTE,
        changed_at=now,
    )


def test_without_a_schedule_nobody_has_to_attend(now):
    Attendance.objects.create(at=now - timedelta(days=3))
    assert not attention(now=now).is_missing
    assert attention(now=now).seconds == 0


@pytest.mark.parametrize(("ago", "missing"), [(9, False), (60, False), (61, True)])
def test_after_a_minute_somebody_is_missed(schedule, now, ago, missing):
    Attendance.objects.create(at=now - timedelta(seconds=ago))
    found = attention(now=now)
    assert (found.waiting, found.seconds, found.is_missing) == (1, ago, missing)


def test_where_nobody_ever_attended_it_counts_from_the_oldest_schedule(schedule, now):
    assert attention(now=now).seconds == 300
    assert attention(now=now).last_at is None


def test_a_beat_that_was_away_before_there_was_anything_to_do_is_missed_a_minute_later(schedule, now):
    Attendance.objects.create(at=now - timedelta(days=3))
    Schedule.objects.update(created_at=now - timedelta(seconds=5))
    assert not attention(now=now).is_missing


def test_what_has_ended_wants_nobody(schedule, now):
    Schedule.objects.update(state="ended", ended_at=now)
    assert not attention(now=now).is_missing


def test_an_entry_that_nobody_looked_at_for_three_minutes_is_named(now):
    assert audit_attention(now=now).unseen is None
    for at in (now - 4 * MINUTE, now - 2 * MINUTE):
        audit.append(AuditRecord(actor="olga", action="a", object_type="t", object_id="1", at=at))
    assert audit_attention(now=now).unseen == 1
    AuditWatch.objects.create(through=1, head="", at=now)
    assert audit_attention(now=now).unseen is None
    assert audit_attention(now=now + 2 * MINUTE).unseen == 2


def test_a_receiver_fails_until_something_arrives_and_none_that_is_switched_off(people, now):
    about = {"created_by": people["admin"], "changed_at": now}
    channel = AlertChannel.objects.create(name="mail", kind="mail", **about)
    Webhook.objects.create(name="h", created_at=now, **about)
    assert receivers() == Receivers(2, 0)
    for number, (state, failing) in enumerate([("waiting", 1), ("given_up", 1), ("delivered", 0)]):
        Delivery.objects.create(
            channel=channel, message=str(number), kind="k", state=state, tries=1, due_at=now, created_at=now
        )
        assert receivers().failing == failing
    Webhook.objects.update(state="gone")
    assert receivers() == Receivers(2, 1)
    Webhook.objects.update(state="switched_off")
    assert receivers() == Receivers(1, 0)
