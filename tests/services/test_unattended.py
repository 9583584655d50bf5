"""Runs with nobody there: started once, inside their time only, reported whatever happens."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from migrations_app.engine.crash_points import armed
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import AuditEntry, Migration, Notification, OutboxRow, RoleGrant, Run, ScheduledStart
from migrations_app.services import freezes, schedules, windows
from migrations_app.services.unattended import Attended
from tests.parallel import at_once, exceptions, wait_for
from tests.services.scheduling import MINUTE, actions, only, scheduling, told
from tests.services.test_driving import drive_to_end

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def test_nothing_starts_before_its_time_and_everything_at_it(here):
    made = here.schedule(here.now - MINUTE)

    assert here.attend(here.now - 2 * MINUTE) == Attended()
    assert here.attend() == Attended(started=1)
    row, start = only(made)
    run = Run.objects.get()
    assert (row.state, start.state, start.run) == ("ended", "started", run)
    assert (run.kind, run.started_by) == ("apply", here.cast.people["operator"])
    entry = AuditEntry.objects.get(action="run.execute")
    assert (entry.actor, entry.outcome, b'"on_behalf_of":"operator"' in bytes(entry.body)) == (
        "snakeweb",
        "allowed",
        True,
    )
    assert here.attend() == Attended()


def test_of_many_beats_at_once_one_starts_it(here):
    here.schedule(here.now - MINUTE)

    outcomes = at_once(*[here.attend] * 5)

    assert not exceptions(outcomes)
    assert sum(outcome.started for outcome in outcomes) == 1
    assert Run.objects.count() == 1
    assert ScheduledStart.objects.count() == 1


def test_one_that_is_called_off_while_it_is_being_started_does_not_start(here, operator):
    """The targets are looked at between the claim and the start: there it is cancelled."""
    made = here.schedule(here.now - MINUTE)
    outcomes = at_once(
        here.attend, lambda: schedules.cancel(actor=operator, now=here.now, schedule_id=made), here.attend
    )

    cancelled = only(made)[0].state == "cancelled"
    assert Run.objects.count() == (0 if cancelled else 1)
    assert len(exceptions(outcomes)) == (0 if cancelled else 1)


def test_whoever_died_after_claiming_is_followed_within_the_grace(here):
    made = here.schedule(here.now - 2 * MINUTE)
    schedule = only(made)[0]
    start = ScheduledStart.objects.create(schedule=schedule, due_at=schedule.due_at, claimed_at=here.now)

    assert here.attend(here.now + timedelta(seconds=1)) == Attended()
    ScheduledStart.objects.filter(pk=start.pk).update(claimed_at=here.now - MINUTE)
    assert here.attend() == Attended(started=1)


def test_after_the_grace_it_is_missed_reported_and_never_run(here):
    made = here.schedule(here.now - 16 * MINUTE)

    assert here.attend() == Attended(missed=1)
    assert here.attend() == Attended()
    row, start = only(made)
    assert (row.state, start.state, start.run) == ("ended", "missed", None)
    assert "no beat and no worker" in start.said
    assert not Run.objects.exists()
    assert told("schedule_missed") == {"operator", "second_approver"}
    assert OutboxRow.objects.filter(task="snakeweb.send_mail").count() == 2
    assert "schedule.miss" in actions()


def test_what_stands_in_the_way_holds_it_up_and_is_the_reason_it_was_missed(here, admin):
    made = here.schedule(here.now - MINUTE)
    freeze_id = freezes.create(actor=admin, now=here.now, reason="quarter end", ends_at=here.now + HOUR)

    assert here.attend() == Attended(held_up=1)
    assert "quarter end" in only(made)[1].said
    assert not AuditEntry.objects.filter(outcome="denied").exists()  # nothing was asked for yet
    assert here.attend(here.now + 20 * MINUTE) == Attended(missed=1)
    assert "quarter end" in only(made)[1].said
    freezes.lift(actor=admin, now=here.now, freeze_id=freeze_id)
    assert here.attend() == Attended()
    assert not Run.objects.exists()


def test_what_stood_in_the_way_and_went_within_the_grace_lets_it_start(here, admin):
    here.schedule(here.now - MINUTE)
    freeze_id = freezes.create(actor=admin, now=here.now - HOUR, reason="quarter end", ends_at=here.now + HOUR)
    assert here.attend(here.now - MINUTE + timedelta(seconds=1)) == Attended(held_up=1)

    freezes.lift(actor=admin, now=here.now, freeze_id=freeze_id)
    assert here.attend() == Attended(started=1)


def test_another_plan_than_the_scheduled_one_does_not_start(here):
    made = here.schedule(here.now - MINUTE)
    here.rows.revision.digest = "f" * 64
    here.rows.revision.save()

    assert here.attend() == Attended(held_up=1)
    assert "plan was changed" in only(made)[1].said


def test_somebody_who_may_no_longer_start_it_does_not_by_schedule_either(here):
    made = here.schedule(here.now - MINUTE)
    RoleGrant.objects.filter(person=here.cast.people["operator"]).delete()

    assert here.attend() == Attended(held_up=1)
    assert only(made)[1].said.startswith("operator has no role in “dev” any more. Cancel")
    assert not Run.objects.exists()
    assert AuditEntry.objects.filter(outcome="denied", action="run.execute").count() == 1


def test_a_window_that_is_gone_is_no_open_door(here, operator, admin):
    opens_at = (here.now + HOUR).replace(second=0)
    window_id = here.window(opens_at)
    made = schedules.create(actor=operator, now=here.now, migration_id=here.migration.pk, timing="next_window")
    windows.edit(actor=admin, now=here.now, window_id=window_id, archived=True)

    assert here.attend(opens_at) == Attended(held_up=1)
    assert "is gone" in only(made)[1].said


def test_a_recurring_dry_run_runs_goes_on_and_ends_with_its_migration(here, operator):
    due_at = here.now - MINUTE
    made = schedules.create(
        actor=operator,
        now=here.now - HOUR,
        migration_id=here.migration.pk,
        kind="dry_run",
        timing="recurring",
        first=due_at.replace(tzinfo=None),
        recurrence="FREQ=DAILY",
    )
    first_due = only(made)[0].due_at

    assert here.attend() == Attended(started=1)
    run = Run.objects.get()
    assert run.kind == "dry_run"
    assert only(made)[0].due_at == first_due + timedelta(days=1)
    drive_to_end(run)
    assert here.attend() == Attended(told=1)
    assert here.attend(here.now + timedelta(days=4)) == Attended(missed=1)
    assert "3 later times went by" in ScheduledStart.objects.get(state="missed").said
    assert only(made)[0].due_at == first_due + timedelta(days=5)

    Migration.objects.update(status="completed")
    assert here.attend(here.now + timedelta(days=5)) == Attended()
    assert only(made)[0].state == "ended"


@pytest.mark.parametrize(("chosen", "signal"), [("finish", ""), ("pause", "pause"), ("roll_back", "roll_back")])
def test_what_was_chosen_happens_when_the_window_closes(here, chosen, signal):
    here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes=chosen)
    assert here.attend() == Attended(started=1)
    start = only(made)[1]
    assert start.closes_at == (here.now + 20 * MINUTE).replace(second=0)

    assert here.attend(start.closes_at - timedelta(seconds=1)) == Attended()
    assert Run.objects.get().signal == ""
    outcomes = at_once(*[lambda: here.attend(start.closes_at)] * 3)
    assert [sum(outcome.closed for outcome in outcomes), exceptions(outcomes)] == [1, []]
    assert Run.objects.get().signal == signal
    assert told("window_closed") == {"operator", "second_approver"}
    assert here.attend(start.closes_at + MINUTE) == Attended()
    assert actions().count("schedule.window_closed") == 1


def test_a_run_that_was_rolled_back_when_its_window_closed_says_so(here):
    here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="roll_back")
    here.attend()
    here.attend(only(made)[1].closes_at)
    assert drive_to_end(Run.objects.get()).state in (RunState.ROLLED_BACK, RunState.CANCELLED)

    assert here.attend() == Attended(told=1)
    assert "as was chosen" in told_text("scheduled_run_failed")


def test_a_success_is_told_to_owner_and_operators_without_mail(here):
    here.schedule(here.now - MINUTE)
    here.attend()
    drive_to_end(Run.objects.get())
    mails = OutboxRow.objects.filter(task="snakeweb.send_mail").count()

    outcomes = at_once(*[here.attend] * 3)
    assert sum(outcome.told for outcome in outcomes) == 1
    assert told("scheduled_run_succeeded") == {"operator", "second_approver"}
    assert OutboxRow.objects.filter(task="snakeweb.send_mail").count() == mails


def test_in_maintenance_nothing_starts(here, settings):
    here.schedule(here.now - MINUTE)
    settings.SNAKEWEB_MIGRATION = {**django_settings.SNAKEWEB_MIGRATION, "enabled": False}

    assert here.attend() == Attended()
    assert not Run.objects.exists()


def told_text(kind):
    return Notification.objects.filter(kind=kind).first().text


def test_a_window_that_is_made_longer_or_shorter_while_a_run_is_in_it_closes_when_it_closes_now(here, admin):
    window_id = here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="roll_back")
    here.attend()
    planned_end = only(made)[1].closes_at

    windows.edit(actor=admin, now=here.now, window_id=window_id, minutes=60)
    assert here.attend(planned_end) == Attended()
    assert Run.objects.get().signal == ""
    windows.edit(actor=admin, now=here.now, window_id=window_id, minutes=20)
    assert only(made)[1].closes_at == planned_end - 10 * MINUTE
    assert here.attend(planned_end - 10 * MINUTE).closed == 1
    assert Run.objects.get().signal == "roll_back"


def test_a_window_that_is_taken_away_under_a_run_has_closed_on_it_unless_it_was_the_last(here, admin):
    window_id = here.window(here.now - 10 * MINUTE, minutes=30)
    other = here.window(here.now + 5 * HOUR)
    here.schedule(here.now - MINUTE, window_closes="pause")
    here.attend()

    windows.edit(actor=admin, now=here.now, window_id=window_id, archived=True)
    windows.edit(actor=admin, now=here.now, window_id=other, archived=True)
    assert here.attend(here.now + HOUR) == Attended()
    windows.edit(actor=admin, now=here.now, window_id=other, archived=False)
    assert here.attend(here.now + HOUR).closed == 1  # as if only the first had ever been archived


def test_the_last_window_closes_on_its_run_again_when_it_is_brought_back(here, admin):
    window_id = here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="pause")
    here.attend()
    closes_at = only(made)[1].closes_at

    windows.edit(actor=admin, now=here.now, window_id=window_id, archived=True)
    assert here.attend(closes_at) == Attended()
    windows.edit(actor=admin, now=here.now, window_id=window_id, archived=False)
    assert only(made)[1].closes_at == closes_at
    assert here.attend(closes_at - timedelta(seconds=1)) == Attended()
    assert here.attend(closes_at).closed == 1
    assert Run.objects.get().signal == "pause"


def test_a_run_that_was_started_without_windows_goes_on_when_the_first_is_made(here):
    here.schedule(here.now - MINUTE, window_closes="pause")
    here.attend()

    here.window(here.now + 5 * HOUR)
    assert here.attend(here.now + HOUR) == Attended()


def test_a_window_that_is_made_longer_in_the_moment_of_closing_does_not_close(here, admin, tmp_path):
    window_id = here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="roll_back")
    here.attend()
    closes_at, gate = only(made)[1].closes_at, tmp_path / "gate"

    def longer():
        wait_for(lambda: Path(f"{gate}.reached").exists(), what="the closing")
        windows.edit(actor=admin, now=here.now, window_id=window_id, minutes=60)
        gate.touch()

    with armed(f"schedule.closing:wait:{gate}"):
        outcomes = at_once(lambda: here.attend(closes_at), longer)

    assert outcomes == [Attended(), None]
    assert Run.objects.get().signal == ""
    assert here.attend(closes_at + 30 * MINUTE).closed == 1


@pytest.mark.parametrize(("status", "missed"), [("completed", False), ("cancelled", False), ("rolled_back", True)])
def test_what_a_person_has_done_or_given_up_before_its_time_is_not_missed(here, status, missed):
    made = here.schedule(here.now - MINUTE)
    Migration.objects.update(status=status)

    assert here.attend() == (Attended(held_up=1) if missed else Attended())
    assert here.attend(here.now + HOUR).missed == missed
    assert only(made)[0].state == "ended"
    assert bool(told("schedule_missed")) is missed
    assert ("schedule.end" in actions()) is not missed
