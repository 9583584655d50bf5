"""A run that was paused because its window closed goes on by itself in the next one, and says why where it cannot."""

from datetime import timedelta

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import AuditEntry, MaintenanceWindow, Run, ScheduledStart, Target
from migrations_app.selectors.access import access_of
from migrations_app.selectors.run_actions import actions_of
from migrations_app.services import freezes, runs, windows
from tests.parallel import at_once, exceptions
from tests.services.scheduling import MINUTE, actions, only, scheduling, told
from tests.services.test_driving import drive_to_end

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    """A window that is open, one that opens an hour from now, and a run that the first one closes on."""
    return scheduling(cast, tmp_path)


@pytest.fixture
def paused(here):
    """The start; its run was paused when its window closed, half an hour from now."""
    here.window(here.now - 10 * MINUTE, minutes=30)
    here.window(here.now + HOUR, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="pause")
    assert here.attend().started == 1
    assert here.attend(here.now + 30 * MINUTE).closed == 1
    assert drive_to_end(Run.objects.get()).state == RunState.PAUSED
    return only(made)[1]


@pytest.fixture
def opens_at(here):
    return here.now + HOUR + MINUTE


def under_way():
    """A worker has taken the run up again and is in the middle of it."""
    with armed("session.backup.chunk:raise"), pytest.raises(Crash):
        drive_to_end(Run.objects.get())


def test_it_goes_on_once_reports_it_and_is_paused_again_when_that_window_closes(here, paused, opens_at):
    assert paused.waits_for_window
    assert here.attend(here.now + 50 * MINUTE).resumed == 0

    outcomes = at_once(*[lambda: here.attend(opens_at)] * 3)

    assert not exceptions(outcomes)
    assert sum(outcome.resumed for outcome in outcomes) == 1
    start = ScheduledStart.objects.get()
    assert (start.waits_for_window, start.closed_at) == (False, None)
    assert start.closes_at == (here.now + HOUR).replace(second=0) + 30 * MINUTE
    assert told("window_opened") == {"operator", "second_approver"}
    assert actions().count("schedule.window_opened") == 1
    assert AuditEntry.objects.get(action="run.resume").actor == "snakeweb"
    under_way()
    assert here.attend(start.closes_at).closed == 1
    assert Run.objects.get().signal == "pause"


def test_it_comes_to_its_end(here, paused, opens_at):
    assert here.attend(opens_at).resumed == 1
    assert drive_to_end(Run.objects.get()).state == RunState.SUCCEEDED
    source, sink = here.rows.digests()
    assert sink.digest == source.digest
    assert here.attend(opens_at + MINUTE).told == 1


def test_a_person_resumes_it_before_and_pauses_it_for_good(here, paused, opens_at, operator):
    run = Run.objects.get()
    runs.resume(actor=operator, now=here.now + 40 * MINUTE, run_id=run.pk)
    assert not ScheduledStart.objects.get().waits_for_window
    under_way()
    runs.pause(actor=operator, now=here.now + 41 * MINUTE, run_id=run.pk)

    assert here.attend(opens_at).resumed == 0
    assert Run.objects.get().signal == "pause"


def test_a_freeze_keeps_it_paused_and_is_told_once(here, paused, opens_at, admin):
    freeze_id = freezes.create(
        actor=admin, now=here.now, reason="quarter end", begins_at=here.now + 40 * MINUTE, ends_at=here.now + 9 * HOUR
    )

    assert here.attend(opens_at).resumed == 0
    assert here.attend(opens_at + MINUTE).resumed == 0
    assert "quarter end" in ScheduledStart.objects.get().said
    assert actions().count("schedule.held_up") == 1
    assert told("window_opened") == {"operator", "second_approver"}

    freezes.lift(actor=admin, now=opens_at + MINUTE, freeze_id=freeze_id)
    assert here.attend(opens_at + 2 * MINUTE).resumed == 1


def test_a_target_that_was_changed_meanwhile_keeps_it_paused(here, paused, opens_at):
    row = Target.objects.get(pk=here.rows.source.pk)
    Target.objects.filter(pk=row.pk).update(config={**row.config, "table": "others"})

    assert here.attend(opens_at).resumed == 0
    assert "configuration of target" in ScheduledStart.objects.get().said


def test_where_no_window_is_left_it_is_always_open(here, paused):
    MaintenanceWindow.objects.update(archived_at=here.now)
    assert here.attend(here.now + 40 * MINUTE).resumed == 1


def test_one_that_went_on_without_windows_is_closed_on_again_where_one_is_brought_back(here, paused, admin):
    rows = list(MaintenanceWindow.objects.order_by("pk").values_list("pk", flat=True))
    for window_id in rows:
        windows.edit(actor=admin, now=here.now, window_id=window_id, archived=True)
    at = here.now + 40 * MINUTE
    assert here.attend(at).resumed == 1
    under_way()
    assert here.attend(at + MINUTE).closed == 0

    windows.edit(actor=admin, now=at + MINUTE, window_id=rows[0], archived=False)
    assert here.attend(at + MINUTE).closed == 1
    assert Run.objects.get().signal == "pause"


def test_one_that_was_cancelled_does_not_go_on(here, paused, opens_at, operator):
    runs.cancel(actor=operator, now=here.now + 40 * MINUTE, run_id=Run.objects.get().pk)
    assert here.attend(opens_at).resumed == 0
    assert Run.objects.get().signal == "cancel"


def test_what_was_chosen_to_go_on_waits_for_no_window(here):
    here.window(here.now - 10 * MINUTE, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="finish")
    here.attend()
    here.attend(here.now + 30 * MINUTE)
    assert not only(made)[1].waits_for_window


def test_what_a_person_had_paused_before_its_window_closed_is_not_taken_up_by_the_next_one(here, opens_at, operator):
    here.window(here.now - 10 * MINUTE, minutes=30)
    here.window(here.now + HOUR, minutes=30)
    made = here.schedule(here.now - MINUTE, window_closes="pause")
    here.attend()
    under_way()
    runs.pause(actor=operator, now=here.now + 5 * MINUTE, run_id=Run.objects.get().pk)

    assert here.attend(here.now + 30 * MINUTE).closed == 1
    assert "paused by hand" in only(made)[1].said
    assert here.attend(opens_at).resumed == 0
    assert Run.objects.get().signal == "pause"


def test_a_person_keeps_paused_what_waits_for_its_window(here, paused, opens_at, operator):
    run = Run.objects.get()
    assert "pause" in {each.operation for each in actions_of(run, access_of(operator), now=here.now)}
    runs.pause(actor=operator, now=here.now + 40 * MINUTE, run_id=run.pk)

    assert here.attend(opens_at).resumed == 0
    assert Run.objects.get().signal == "pause"
    assert "pause" not in {each.operation for each in actions_of(run, access_of(operator), now=here.now)}
    assert AuditEntry.objects.get(action="run.pause", actor="operator").outcome == "allowed"
