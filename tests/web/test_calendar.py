from datetime import timedelta

import pytest
from django.utils import timezone

from migrations_app.models import ApiToken, Attendance, Schedule
from migrations_app.services import freezes, tokens
from tests.services.scheduling import MINUTE, scheduling
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path, admin):
    """A window, a freeze, a past run and a run to come, all about now."""
    made = scheduling(cast, tmp_path)
    made.schedule(made.now - MINUTE)
    assert made.attend().started == 1
    made.schedule(made.now + 2 * HOUR, kind="dry_run")
    made.window(made.now + HOUR)
    freezes.create(actor=admin, now=made.now, reason="quarter end, <b>really</b>", ends_at=made.now + timedelta(days=2))
    return made


def test_the_month_shows_windows_freezes_schedules_and_runs(here):
    page = signed_in("viewer").get(f"/calendar/?month={here.now:%Y-%m}")

    text = page.content.decode()
    assert page.status_code == 200
    for words in ("window </span>", "frozen: </span>", "scheduled: </span>", "run: </span>"):
        assert words in text
    assert "quarter end, &lt;b&gt;really&lt;/b&gt;" in text
    assert "New freeze" not in text
    assert "New freeze" in signed_in("admin").get("/calendar/").content.decode()


@pytest.mark.parametrize("query", ["", "?month=2026-13", "?month=x", "?month=9999-01", "?environment=nowhere"])
def test_an_odd_address_shows_a_month_all_the_same(cast, query):
    assert signed_in("viewer").get(f"/calendar/{query}").status_code == 200


def test_an_outsider_sees_nothing_of_it(here):
    text = signed_in("outsider").get("/calendar/").content.decode()

    assert "Move sessions" not in text
    assert "window </span>" not in text


def test_the_feed_is_fetched_with_a_token_that_can_do_nothing_else(here, client, viewer):
    path = f"/environments/{here.environment.pk}/calendar.ics"
    token = tokens.create(actor=viewer, now=here.now, name="phone", scopes=["calendar"]).clear

    answer = client.get(path, {"token": token})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.content.decode().count("BEGIN:VEVENT") == 4
    assert client.get("/api/v1/migrations", headers={"Authorization": f"Bearer {token}"}).json()["items"] == []

    ApiToken.objects.update(revoked_at=here.now)
    assert client.get(path, {"token": token}).status_code == 401


def test_a_token_that_can_do_more_does_not_belong_in_an_address(here, client, viewer):
    path = f"/environments/{here.environment.pk}/calendar.ics"
    token = tokens.create(actor=viewer, now=here.now, name="ci", scopes=["read", "calendar"]).clear

    refused = client.get(path, {"token": token})
    assert refused.status_code == 401
    assert b"scope" in refused.content
    assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_who_is_nobody_or_sees_nothing_gets_no_feed(here, client, outsider):
    path = f"/environments/{here.environment.pk}/calendar.ics"
    token = tokens.create(actor=outsider, now=here.now, name="phone", scopes=["calendar"]).clear

    assert client.get(path).status_code == 404
    assert client.get(path, {"token": token}).status_code == 404
    assert client.get(path, {"token": "swk_00000000_x"}).status_code == 401
    assert signed_in("viewer").get(path).status_code == 200


def test_that_nobody_attends_to_the_schedules_is_said_on_home_and_calendar(stage, people, now):
    Schedule.objects.create(
        migration=stage.migration(),
        kind="dry_run",
        timing="at",
        due_at=now + timedelta(hours=1),
        grace_minutes=15,
        created_by=people["operator"],
        created_at=now - timedelta(minutes=2),
        changed_at=now,
    )
    client = signed_in("viewer")
    for path in ("/", "/calendar/"):
        page = client.get(path).content.decode()
        assert "Nothing starts by itself now." in page
        assert "1 schedule waits, and nobody has attended to it yet." in page

    Attendance.objects.create(at=timezone.now())
    for path in ("/", "/calendar/"):
        assert "Nothing starts by itself now." not in client.get(path).content.decode()
