from datetime import UTC, date, datetime, timedelta

import pytest

from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import PlanRevision, RoleGrant, Run
from migrations_app.selectors.calendar import MOST_A_DAY, EntryKind, feed_of, month_of
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import freezes, schedules
from tests.runs import queued
from tests.services.scheduling import MINUTE, scheduling

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def this_month(here, actor, **values):
    return month_of(actor=actor, now=here.now, year=here.now.year, month=here.now.month, **values)


def kinds(month):
    return {entry.kind for week in month.weeks for day in week for entry in day.entries}


def test_a_month_is_whole_weeks_around_it(viewer):
    month = month_of(actor=viewer, now=datetime(2026, 3, 1, 12, tzinfo=UTC), year=2026, month=3)

    assert [len(week) for week in month.weeks] == [7] * 6
    assert (month.weeks[0][0].date, month.weeks[-1][-1].date) == (date(2026, 2, 23), date(2026, 4, 5))
    assert [day.date for week in month.weeks for day in week if day.today] == [date(2026, 3, 1)]
    assert (month.previous, month.next) == (date(2026, 2, 1), date(2026, 4, 1))
    for year, number in ((2026, 13), (1, 1), (9999, 1)):
        with pytest.raises(ValueError):
            month_of(actor=viewer, now=datetime(2026, 3, 1, tzinfo=UTC), year=year, month=number)


def test_everything_stands_on_its_day_and_a_freeze_on_each_of_its_days(here, admin, viewer):
    here.schedule(here.now - 20 * MINUTE)
    here.attend()
    here.schedule(here.now - MINUTE)
    here.attend()
    here.schedule(here.now + MINUTE, kind="dry_run")
    here.window(here.now + MINUTE)
    freezes.create(actor=admin, now=here.now, reason="quarter end", ends_at=here.now + timedelta(days=2))

    month = this_month(here, viewer)
    assert kinds(month) == set(EntryKind)
    frozen = [day.date for week in month.weeks for day in week if EntryKind.FREEZE in {e.kind for e in day.entries}]
    assert frozen == [(here.now + timedelta(days=n)).date() for n in range(len(frozen))]
    assert len(frozen) >= 1
    (run,) = [e for week in month.weeks for day in week for e in day.entries if e.kind is EntryKind.RUN]
    assert (run.run_id, run.run_state, run.environment) == (Run.objects.get().pk, "queued", "dev")


def test_a_day_with_many_runs_says_how_many_are_left_out(here, viewer):
    here.window(here.now + MINUTE)
    made = here.now - MINUTE
    first = queued(PlanRevision.objects.get(), RunKind.DRY_RUN)
    values = {
        "migration": first.migration,
        "revision": first.revision,
        "environment": first.environment,
        "kind": "apply",
        "state": "succeeded",
    }
    rows = [Run(**values, started_by=first.started_by, created_at=made, ended_at=made) for _ in range(MOST_A_DAY + 5)]
    Run.objects.bulk_create(rows)

    (day,) = [d for week in this_month(here, viewer).weeks for d in week if d.date == made.date()]

    shown = [entry.kind for entry in day.entries]
    assert (len(shown), shown.count(EntryKind.WINDOW), day.left_out) == (MOST_A_DAY, 1, 6)


def test_one_environment_or_none(here, viewer, outsider, people, now, dev):
    here.window(here.now + MINUTE)

    assert kinds(this_month(here, viewer, environment="dev")) == {EntryKind.WINDOW}
    assert kinds(this_month(here, viewer, environment="staging")) == set()
    assert kinds(this_month(here, outsider)) == set()
    RoleGrant.objects.create(person=people["outsider"], role="viewer", environment=dev, granted_at=now)
    assert this_month(here, outsider).environments == ("dev",)
    assert kinds(this_month(here, outsider)) == {EntryKind.WINDOW}


def test_a_recurring_dry_run_stands_on_each_of_its_days(here, operator, viewer):
    schedules.create(
        actor=operator,
        now=here.now,
        migration_id=here.migration.pk,
        kind="dry_run",
        timing="recurring",
        first=(here.now + MINUTE).replace(tzinfo=None),
        recurrence="FREQ=DAILY",
    )
    following = (here.now + timedelta(days=40)).date()
    month = month_of(actor=viewer, now=here.now, year=following.year, month=following.month)

    assert all(len(day.entries) == 1 for week in month.weeks for day in week)


def test_the_feed_reaches_half_a_year_ahead_and_is_hidden_from_outsiders(here, viewer, outsider):
    here.window(here.now + MINUTE)

    name, found = feed_of(actor=viewer, environment_id=here.environment.pk, now=here.now)
    assert (name, [entry.kind for entry in found]) == ("dev", [EntryKind.WINDOW])
    for actor, environment_id in ((outsider, here.environment.pk), (viewer, 999), (viewer, 2**70)):
        with pytest.raises(NotFound):
            feed_of(actor=actor, environment_id=environment_id, now=here.now)
