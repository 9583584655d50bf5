"""Starting as soon as nothing stands in the way: in the order of asking, never two on one target."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.engine.crash_points import armed
from migrations_app.engine.vocabulary import MigrationStatus, RunState
from migrations_app.models import ClaimedTarget, Migration, PlanRevision, Run, Schedule, ScheduledStart
from migrations_app.selectors.related import related_page
from migrations_app.selectors.start_queue import ahead_of, seen_ahead_of
from migrations_app.services import dependencies, runs, schedules
from migrations_app.services.errors import Conflict, InvalidInput
from migrations_app.services.unattended import Attended
from tests.parallel import at_once, exceptions, wait_for
from tests.runs import queued
from tests.services.scheduling import only, scheduling, told
from tests.session_runs import planned, sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

SOON = timedelta(seconds=6)
STARTS = 50


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def another(here, title):
    """A plan for the same targets."""
    return planned(here.rows.source, here.rows.target, title=title, dry_run_required=False).revision.migration


def when_ready(here, migration, **values):
    return schedules.create(
        actor=here.cast.actors["operator"],
        now=here.now,
        migration_id=migration.pk,
        timing="when_ready",
        grace_minutes=600,
        **values,
    )


def ended(run):
    ClaimedTarget.objects.filter(run=run).delete()
    Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED, ended_at=run.created_at)


def test_what_stands_in_nobodys_way_starts_at_once(here):
    when_ready(here, here.migration)

    assert here.attend(here.now) == Attended(started=1)


def test_they_start_in_the_order_of_asking_as_soon_as_the_targets_are_free(here):
    first, second, at_work = (another(here, title) for title in ("first", "second", "at work"))
    run = queued(PlanRevision.objects.get(migration=at_work))
    asked = [when_ready(here, migration) for migration in (first, second)]

    assert here.attend(here.now) == Attended(held_up=2)
    assert "in use by run" in only(asked[0])[1].said
    assert "“first” asked for a target of it before" in only(asked[1])[1].said
    assert [each.pk for each in ahead_of(only(asked[1])[0], now=here.now)] == [asked[0]]
    assert [each.pk for each in seen_ahead_of(only(asked[1])[0])] == [asked[0]]
    assert seen_ahead_of(only(asked[0])[0]) == ()
    ended(run)
    assert here.attend(here.now + SOON) == Attended(started=1, held_up=1)
    started = Run.objects.exclude(pk=run.pk).get()
    assert started.migration == first
    ended(started)
    assert here.attend(here.now + 2 * SOON).started == 1


def test_a_page_asks_the_same_however_many_are_ahead(here):
    queued(PlanRevision.objects.get(migration=another(here, "at work")))
    asked, counts = [], []
    for number in range(4):
        migration = another(here, f"number {number}")
        when_ready(here, migration)
        asked.append(migration)
    here.attend(here.now)

    for migration in (asked[1], asked[3]):
        with CaptureQueriesContext(connection) as caught:
            page = related_page(actor=here.cast.actors["viewer"], migration_id=migration.pk, now=here.now)
        counts.append(len(caught))
        assert [one.id for one in page.queue.ahead] == [each.pk for each in asked[: asked.index(migration)]]

    assert counts[0] == counts[1]


def test_nobody_overtakes_while_the_first_one_is_being_looked_at(here):
    first, second = another(here, "first"), another(here, "second")
    asked = [when_ready(here, migration) for migration in (first, second)]
    schedule = only(asked[0])[0]
    ScheduledStart.objects.create(schedule=schedule, due_at=schedule.due_at, claimed_at=here.now)

    assert here.attend(here.now) == Attended(held_up=1)
    assert not Run.objects.exists()


def test_one_that_waits_for_more_than_targets_keeps_nobody_waiting(here):
    before, first, second = (another(here, title) for title in ("before", "first", "second"))
    dependencies.add(actor=here.cast.actors["operator"], now=here.now, migration_id=first.pk, predecessor_id=before.pk)
    for migration in (first, second):
        when_ready(here, migration)

    assert here.attend(here.now) == Attended(started=1, held_up=1)
    assert Run.objects.get().migration == second
    assert not ScheduledStart.objects.get(schedule__migration=first).in_queue


def test_it_starts_by_itself_when_what_it_runs_after_has_completed(here, tmp_path):
    other = sqlite_migration(tmp_path, name="before", count=5).revision.migration
    dependencies.add(
        actor=here.cast.actors["operator"], now=here.now, migration_id=here.migration.pk, predecessor_id=other.pk
    )
    made = when_ready(here, here.migration)

    assert here.attend(here.now) == Attended(held_up=1)
    assert "It runs after" in only(made)[1].said
    Migration.objects.filter(pk=other.pk).update(status=MigrationStatus.COMPLETED)
    assert here.attend(here.now + SOON) == Attended(started=1)


def test_one_that_never_becomes_ready_is_reported(here):
    queued(PlanRevision.objects.get(migration=another(here, "at work")))
    made = when_ready(here, here.migration)
    here.attend(here.now)

    assert here.attend(here.now + timedelta(minutes=601)) == Attended(missed=1)
    assert "in use by run" in only(made)[1].said
    assert "operator" in told("schedule_missed")


def test_a_dry_run_waits_for_nothing(here):
    with pytest.raises(InvalidInput) as refused:
        when_ready(here, here.migration, kind="dry_run")

    assert {problem.field for problem in refused.value.problems} == {"timing"}


def test_of_fifty_starts_on_one_target_at_once_one_succeeds(here, operator):
    plans = [here.migration, another(here, "the other plan")]
    starts = [plans[number % 2] for number in range(STARTS)]

    outcomes = at_once(
        *[
            lambda migration=migration: runs.execute_migration(actor=operator, now=here.now, migration_id=migration.pk)
            for migration in starts
        ]
    )

    lost = exceptions(outcomes)
    assert len(lost) == STARTS - 1
    assert {type(error) for error in lost} == {Conflict}, lost
    assert Run.objects.count() == 1
    assert ClaimedTarget.objects.count() == 2


def test_those_that_only_share_a_target_run_side_by_side(here, operator):
    plans = [here.migration, another(here, "beside it")]
    for revision in PlanRevision.objects.all():
        revision.content["claims"] = [{**claim, "mode": "shared"} for claim in revision.content["claims"]]
        PlanRevision.objects.filter(pk=revision.pk).update(content=revision.content)

    outcomes = at_once(
        *[
            lambda migration=migration: runs.execute_migration(actor=operator, now=here.now, migration_id=migration.pk)
            for migration in plans
        ]
    )

    assert not exceptions(outcomes), outcomes
    assert Run.objects.count() == 2


@pytest.mark.parametrize("because", ["its plan is stale", "its owner left"])
def test_one_that_cannot_start_for_what_no_query_tells_keeps_nobody_waiting(here, because):
    first, second = another(here, "first"), another(here, "second")
    asked = [when_ready(here, migration) for migration in (first, second)]
    if because == "its plan is stale":
        planned_for = {role: {**values, "layout": "other"} for role, values in here.rows.revision.fingerprints.items()}
        PlanRevision.objects.filter(migration=first).update(fingerprints=planned_for)
    else:
        Schedule.objects.filter(pk=asked[0]).update(created_by=here.cast.people["outsider"])

    assert here.attend(here.now) == Attended(started=1, held_up=1)
    assert Run.objects.get().migration == second
    assert not ScheduledStart.objects.get(schedule=asked[0]).in_queue


def test_one_that_loses_a_race_over_two_targets_keeps_its_place(here, tmp_path):
    at_work = PlanRevision.objects.get(migration=another(here, "at work"))
    asked = [when_ready(here, migration) for migration in (another(here, "first"), another(here, "second"))]
    gate = tmp_path / "gate"

    def faster():
        wait_for(lambda: Path(f"{gate}.reached").exists(), what="the look at the targets")
        queued(at_work)
        gate.touch()

    with armed(f"start.looked:wait:{gate}"):
        outcomes = at_once(lambda: here.attend(here.now), faster)

    assert outcomes[0] == Attended(held_up=2)
    assert ClaimedTarget.objects.count() == 2
    assert only(asked[0])[1].said.count("in use by run") == 2
    assert ScheduledStart.objects.get(schedule=asked[0]).in_queue
    assert [each.pk for each in seen_ahead_of(only(asked[1])[0])] == [asked[0]]


def test_one_that_waited_and_then_meets_an_unexpected_error_keeps_nobody_waiting(here):
    first, second, at_work = (another(here, title) for title in ("first", "second", "at work"))
    run = queued(PlanRevision.objects.get(migration=at_work))
    asked = [when_ready(here, migration) for migration in (first, second)]
    assert here.attend(here.now) == Attended(held_up=2)
    ended(run)
    PlanRevision.objects.filter(migration=first).update(fingerprints={"source": "no fingerprint"})

    assert here.attend(here.now + SOON) == Attended(started=1, held_up=1)
    assert "did not expect" in only(asked[0])[1].said
    assert Run.objects.exclude(pk=run.pk).get().migration == second
