from datetime import timedelta

import pytest

from migrations_app.models import Run, ScheduledStart
from migrations_app.services import runs
from migrations_app.services.errors import Conflict
from migrations_app.services.scheduled_starts import Claim, skipped
from tests.services.scheduling import MINUTE, only, scheduling

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.mark.parametrize("lost", ["claim", "schedule", "time"])
def test_a_claim_that_is_no_longer_held_starts_nothing(cast, operator, tmp_path, lost):
    """The run, its claims and its first event go back with it."""
    here = scheduling(cast, tmp_path)
    late = 20 * MINUTE if lost == "time" else MINUTE  # whoever claimed it in time has slept since
    schedule = only(here.schedule(here.now - late))[0]
    start = ScheduledStart.objects.create(schedule=schedule, due_at=schedule.due_at, claimed_at=here.now)
    claim = Claim(start.pk, schedule.pk, schedule.due_at, here.now)
    if lost == "claim":
        ScheduledStart.objects.update(claimed_at=here.now + timedelta(seconds=1))
    elif lost == "schedule":
        type(schedule).objects.update(state="cancelled")

    with pytest.raises(Conflict) as refused:
        runs.execute_migration(actor=operator, now=here.now, migration_id=here.migration.pk, claim=claim)
    assert refused.value.reason == "superseded"
    assert not Run.objects.exists()
    assert here.migration.status == "planned"


def test_times_that_went_by_are_those_of_recurring_ones(cast, tmp_path):
    here = scheduling(cast, tmp_path)
    schedule = only(here.schedule(here.now - MINUTE))[0]
    assert skipped(schedule, here.now + timedelta(days=9)) == 0

    schedule.timing, schedule.zone, schedule.recurrence = "recurring", "UTC", "FREQ=DAILY"
    schedule.first_date, schedule.first_time = schedule.due_at.date(), schedule.due_at.time()
    assert skipped(schedule, here.now + timedelta(days=9)) == 9
