import pytest

from migrations_app.engine.schedules import Told
from migrations_app.models import AuditEntry, Notification, OutboxRow, Schedule
from migrations_app.services import scheduled_notices
from tests.services.scheduling import MINUTE, scheduling, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schedule(cast, tmp_path):
    here = scheduling(cast, tmp_path)
    return Schedule.objects.get(pk=here.schedule(here.now + MINUTE)), here.now


@pytest.mark.parametrize(("alert", "mails"), [(True, 2), (False, 0)])
def test_whoever_is_concerned_hears_of_it_and_is_mailed_when_it_cannot_wait(schedule, alert, mails):
    row, now = schedule
    scheduled_notices.tell(row, Told("window_opened", "It goes on.", alert), now)
    assert told("window_opened") == {"operator", "second_approver"}
    assert Notification.objects.filter(text="It goes on.").count() == 2
    assert OutboxRow.objects.filter(task="snakeweb.send_mail").count() == mails


def test_it_is_recorded_with_the_schedule_and_the_reason(schedule):
    row, now = schedule
    scheduled_notices.record("schedule.held_up", row, now, "A freeze.")
    entry = AuditEntry.objects.get(action="schedule.held_up")
    assert (entry.actor, entry.object_id) == ("snakeweb", str(row.migration_id))
    assert b"A freeze." in bytes(entry.body)
