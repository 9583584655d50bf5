from datetime import timedelta

import pytest

from migrations_app.models import Schedule
from tests.services.scheduling import scheduling
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def wish(here, **values):
    return {
        "timing": "at",
        "digest": here.rows.revision.digest,
        "at": f"{here.now + 2 * HOUR:%Y-%m-%dT%H:%M}",
        "window_closes": "pause",
        "grace_minutes": "15",
        **values,
    }


def test_a_run_is_scheduled_shown_on_its_page_and_called_off(here):
    operator = signed_in("operator")
    where = f"/migrations/{here.migration.pk}/schedule/"
    page = f"/migrations/{here.migration.pk}/"
    assert "Not scheduled" in operator.get(page).content.decode()
    assert "has no windows" in operator.get(where).content.decode()
    assert operator.post(where, wish(here))["Location"] == page
    row = Schedule.objects.get()
    assert (row.kind, row.timing, row.window_closes) == ("apply", "at", "pause")

    text = operator.get(page).content.decode()
    assert f"due {row.due_at:%d %b %H:%M} UTC" in text
    assert operator.post(f"/schedules/{row.pk}/cancel/")["Location"] == page
    assert "called off" in operator.get(page).content.decode()


def test_the_next_window_is_offered_and_taken(here, admin):
    opens_at = (here.now + 3 * HOUR).replace(second=0)
    here.window(opens_at, minutes=5)
    here.rows.revision.estimated_seconds = 600
    here.rows.revision.save()
    operator = signed_in("operator")
    where = f"/migrations/{here.migration.pk}/schedule/"

    text = operator.get(where).content.decode()
    assert 'value="next_window" checked' in text
    assert "closes before the plan" in text
    assert operator.post(where, wish(here, timing="next_window")).status_code == 302
    assert Schedule.objects.get().due_at == opens_at


def test_dry_runs_recur_by_a_choice(here):
    values = wish(here, timing="recurring", first="2027-01-01T02:00", zone="Europe/Berlin", repeats="FREQ=DAILY")
    assert signed_in("operator").post(f"/migrations/{here.migration.pk}/schedule/", values).status_code == 302
    assert (Schedule.objects.get().kind, Schedule.objects.get().recurrence) == ("dry_run", "FREQ=DAILY")


@pytest.mark.parametrize(
    "change",
    [{"at": ""}, {"at": "2001-01-01T00:00"}, {"grace_minutes": "never"}, {"timing": "recurring", "first": "x"}],
)
def test_a_bad_field_is_said_and_nothing_is_scheduled(here, change):
    answer = signed_in("operator").post(f"/migrations/{here.migration.pk}/schedule/", wish(here, **change))

    assert answer.status_code == 422
    assert "has-problem" in answer.content.decode()
    assert not Schedule.objects.exists()


def test_a_page_that_is_no_longer_true_schedules_nothing(here):
    answer = signed_in("operator").post(f"/migrations/{here.migration.pk}/schedule/", wish(here, digest="0" * 64))

    assert answer["Location"] == "/migrations/"  # back to where they were, with the refusal
    assert not Schedule.objects.exists()


def test_viewers_see_the_schedule_and_cannot_touch_it(here):
    here.schedule(here.now + HOUR)
    viewer = signed_in("viewer")

    text = viewer.get(f"/migrations/{here.migration.pk}/").content.decode()
    assert "Call off" not in text
    assert "waits" in text
    viewer.post(f"/migrations/{here.migration.pk}/schedule/", wish(here))
    viewer.post(f"/schedules/{Schedule.objects.get().pk}/cancel/")
    assert Schedule.objects.get().state == "waiting"


def test_whoever_may_not_schedule_is_told_before_they_fill_in_a_form(here):
    text = signed_in("viewer").get(f"/migrations/{here.migration.pk}/schedule/").content.decode()

    assert "You are no operator of dev" in text
    assert "Leave without scheduling" not in text
