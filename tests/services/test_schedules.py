from datetime import timedelta

import pytest
from django.db import IntegrityError

from migrations_app.models import AuditEntry, PlanRevision, Schedule
from migrations_app.services import freezes, schedules, windows
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests.parallel import at_once, exceptions
from tests.services.scheduling import MINUTE, only, scheduling

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def test_a_run_is_scheduled_for_a_time_with_the_plan_that_was_read(here, operator):
    digest = here.rows.revision.digest
    made = here.schedule(here.now + HOUR, digest=digest, window_closes="pause", grace_minutes=5)

    row, start = only(made)
    assert (row.kind, row.timing, row.digest, row.state) == ("apply", "at", digest, "waiting")
    assert (row.due_at, row.window_closes, row.grace_minutes) == (here.now + HOUR, "pause", 5)
    assert start is None
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_type, entry.object_id) == (
        "schedule.create",
        "migration",
        str(here.migration.pk),
    )


def test_the_next_window_is_the_one_that_opens_next_and_moves_with_it(here, operator, admin):
    opens_at = (here.now + 3 * HOUR).replace(second=0)
    window_id = here.window(opens_at)
    made = schedules.create(actor=operator, now=here.now, migration_id=here.migration.pk, timing="next_window")
    assert only(made)[0].due_at == opens_at

    later = (opens_at + HOUR).replace(tzinfo=None)
    windows.edit(actor=admin, now=here.now, window_id=window_id, first=later)
    assert only(made)[0].due_at == opens_at + HOUR
    assert AuditEntry.objects.filter(action="schedule.move", actor="snakeweb").count() == 1

    windows.edit(actor=admin, now=here.now, window_id=window_id, archived=True)
    assert only(made)[0].due_at == opens_at + HOUR  # missed then, and not silently put off


@pytest.mark.parametrize("everywhere", [True, False])
def test_the_next_window_is_outside_of_freezes_that_come_and_go_later(here, operator, admin, everywhere):
    opens_at = (here.now + 3 * HOUR).replace(second=0)
    here.window(opens_at)
    here.window(opens_at + 9 * HOUR)
    made = schedules.create(actor=operator, now=here.now, migration_id=here.migration.pk, timing="next_window")
    place = None if everywhere else here.environment.pk

    ice = {"reason": "quarter end", "begins_at": here.now, "ends_at": here.now + 5 * HOUR}
    freeze_id = freezes.create(actor=admin, now=here.now, environment_id=place, **ice)
    assert only(made)[0].due_at == opens_at + 9 * HOUR
    freezes.edit(actor=admin, now=here.now, freeze_id=freeze_id, ends_at=here.now + HOUR)
    assert only(made)[0].due_at == opens_at
    freezes.edit(actor=admin, now=here.now, freeze_id=freeze_id, ends_at=here.now + 5 * HOUR)
    freezes.lift(actor=admin, now=here.now, freeze_id=freeze_id)

    assert only(made)[0].due_at == opens_at
    assert AuditEntry.objects.filter(action="schedule.move", actor="snakeweb").count() == 4


def test_a_dry_run_recurs_by_its_rule_in_its_zone(here, operator):
    first = (here.now + HOUR).replace(tzinfo=None)
    made = schedules.create(
        actor=operator,
        now=here.now,
        migration_id=here.migration.pk,
        kind="dry_run",
        timing="recurring",
        zone="Europe/Berlin",
        first=first,
        recurrence="freq=daily",
    )

    row = only(made)[0]
    assert (row.recurrence, row.digest, row.zone) == ("FREQ=DAILY", "", "Europe/Berlin")
    assert here.now <= row.due_at <= here.now + timedelta(days=1)


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"timing": "someday"}, {"timing"}),
        ({"kind": "rollback"}, {"kind"}),
        ({"at": None}, {"at"}),
        ({"at": "tomorrow"}, {"at"}),
        ({"grace_minutes": 0}, {"grace_minutes"}),
        ({"window_closes": "explode"}, {"window_closes"}),
        ({"timing": "next_window"}, {"timing"}),
        ({"timing": "recurring"}, {"timing", "first"}),
        ({"kind": "dry_run", "timing": "recurring", "first": "x"}, {"first"}),
    ],
)
def test_bad_input_names_the_field_and_a_fix(here, wish, fields):
    with pytest.raises(InvalidInput) as refused:
        here.schedule(here.now + HOUR, **wish)

    assert {problem.field for problem in refused.value.problems} == fields
    assert all(problem.fix for problem in refused.value.problems)
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("off", [-MINUTE, timedelta(0), timedelta(days=367)])
def test_a_time_that_is_past_or_far_is_refused(here, operator, off):
    with pytest.raises(InvalidInput):
        schedules.create(actor=operator, now=here.now, migration_id=here.migration.pk, timing="at", at=here.now + off)


def test_what_is_known_to_be_closed_then_is_said_now(here, admin):
    here.window(here.now + 5 * HOUR)
    freezes.create(actor=admin, now=here.now, reason="quarter end", ends_at=here.now + 2 * HOUR)
    with pytest.raises(InvalidInput) as refused:
        here.schedule(here.now + HOUR)
    assert {problem.code for problem in refused.value.problems} == {"frozen", "outside_window"}

    assert here.schedule(here.now + HOUR, kind="dry_run")  # it writes nothing


def test_a_plan_that_is_not_rolled_back_by_itself_does_not_run_unattended(cast, tmp_path):
    here = scheduling(cast, tmp_path, auto_rollback=False)
    with pytest.raises(InvalidInput) as refused:
        here.schedule(here.now + HOUR)
    assert [problem.field for problem in refused.value.problems] == ["options.auto_rollback"]


def test_another_plan_than_the_one_that_was_read_and_none_are_refused(here):
    with pytest.raises(Conflict) as refused:
        here.schedule(here.now + HOUR, digest="0" * 64)
    assert refused.value.reason == "digest_changed"

    PlanRevision.objects.all().delete()
    with pytest.raises(Conflict) as refused:
        here.schedule(here.now + HOUR)
    assert refused.value.reason == "not_planned"


def test_one_schedule_of_a_kind_waits_at_a_time(here):
    lost = exceptions(at_once(*[lambda: here.schedule(here.now + HOUR)] * 3))
    assert [error.reason for error in lost] == ["already_scheduled"] * 2
    assert Schedule.objects.count() == 1

    row = Schedule.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError):
        row.save(force_insert=True)


def test_a_schedule_is_changed_and_cancelled(here, operator):
    made = here.schedule(here.now + HOUR)
    schedules.edit(actor=operator, now=here.now, schedule_id=made, at=here.now + 2 * HOUR, window_closes="roll_back")
    row = only(made)[0]
    assert (row.due_at, row.window_closes) == (here.now + 2 * HOUR, "roll_back")

    schedules.cancel(actor=operator, now=here.now, schedule_id=made)
    assert only(made)[0].state == "cancelled"
    for change in (schedules.cancel, schedules.edit):
        with pytest.raises(Conflict):
            change(actor=operator, now=here.now, schedule_id=made)
    assert here.schedule(here.now + HOUR)


def test_only_those_who_may_start_it_schedule_it(here, viewer, outsider):
    made = here.schedule(here.now + HOUR)
    for actor, refusal in ((viewer, PermissionDenied), (outsider, NotFound)):
        with pytest.raises(refusal):
            schedules.create(actor=actor, now=here.now, migration_id=here.migration.pk, timing="at", at=here.now + HOUR)
        with pytest.raises(refusal):
            schedules.cancel(actor=actor, now=here.now, schedule_id=made)
    with pytest.raises(NotFound):
        schedules.cancel(actor=viewer, now=here.now, schedule_id=999)
    assert only(made)[0].state == "waiting"


def test_one_that_was_to_wait_for_days_may_not_be_days_late_at_a_time(here, operator):
    given = {"actor": operator, "now": here.now}
    made = schedules.create(**given, migration_id=here.migration.pk, timing="when_ready", grace_minutes=14 * 24 * 60)

    schedules.edit(**given, schedule_id=made, at=here.now + HOUR)
    assert (only(made)[0].timing, only(made)[0].grace_minutes) == ("at", 24 * 60)
    with pytest.raises(InvalidInput):
        schedules.edit(**given, schedule_id=made, at=here.now + HOUR, grace_minutes=14 * 24 * 60)
