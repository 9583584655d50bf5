"""The calendar, and what is scheduled, frozen and windowed, as people meet it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.models import Freeze, MaintenanceWindow, Schedule
from migrations_app.services import freezes
from tests.browser.people import People
from tests.browser.test_accessibility import looked_at
from tests.cast import Cast
from tests.parallel import in_thread
from tests.services.scheduling import MINUTE, Scheduling, scheduling

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def plain(company: Cast, tmp_path: Path) -> Scheduling:
    """Before the people: the control database is out of reach of whoever drives a browser."""
    return scheduling(company, tmp_path)


@pytest.fixture
def here(plain: Scheduling) -> Scheduling:
    """Something of every kind, about now."""
    made = plain
    made.schedule(made.now - 20 * MINUTE)
    made.attend()
    made.schedule(made.now - MINUTE)
    made.attend()
    made.schedule(made.now + 30 * MINUTE, kind="dry_run")
    made.window(made.now - 10 * MINUTE, minutes=90)
    MaintenanceWindow.objects.update(recurrence="FREQ=WEEKLY")
    freezes.create(
        actor=made.cast.actors["admin"], now=made.now, reason="Quarter end", ends_at=made.now + timedelta(days=2)
    )
    return made


def test_every_page_is_accessible_in_both_themes_and_fits_a_phone(here: Scheduling, people: People) -> None:
    admin, operator = people.sign_in("admin"), people.sign_in("operator")
    migration, place, window = in_thread(
        lambda: (here.migration.pk, here.environment.pk, MaintenanceWindow.objects.get().pk)
    )
    findings = []
    for page, path in (
        (admin, "/calendar/"),
        (admin, "/freezes/new/"),
        (admin, f"/environments/{place}/windows/new/"),
        (admin, f"/windows/{window}/edit/"),
        (admin, f"/environments/{place}/"),
        (operator, f"/migrations/{migration}/"),
        (operator, f"/migrations/{migration}/schedule/"),
    ):
        page.emulate_media(reduced_motion="reduce")
        page.goto(path)
        findings += [f"{path}: {finding}" for finding in looked_at(page)]
    assert findings == []


def test_a_window_and_a_freeze_are_made_with_what_a_form_has(here: Scheduling, people: People) -> None:
    page = people.sign_in("admin")
    page.goto(f"/environments/{in_thread(lambda: here.environment.pk)}/windows/new/")
    page.get_by_label("Name").fill("Saturday night")
    page.get_by_label("Opens first").fill("2027-01-02T02:00")
    page.get_by_label("Stays open for").fill("180")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Repeats").select_option(label="every week, on the first one's weekday")
    page.get_by_role("button", name="Create window").click()
    windows = page.get_by_role("region", name="Maintenance windows")
    expect(windows.get_by_text("Saturday night")).to_be_visible()
    expect(windows.get_by_text("02:00 Europe/Berlin for 3 h")).to_be_visible()

    page.goto("/calendar/?month=2027-01")
    expect(page.locator("table.month td", has_text="Saturday night")).to_have_count(5)
    page.goto("/freezes/new/")
    page.get_by_label("Reason").fill("Year end")
    page.get_by_label("Until, in UTC").fill("2099-01-01T00:00")
    page.get_by_role("button", name="Freeze", exact=True).click()
    page.get_by_role("button", name="Lift the freeze “Year end”").click()
    expect(page.get_by_text("Lifted.")).to_be_visible()
    assert in_thread(lambda: Freeze.objects.get(reason="Year end").lifted_at)


def test_an_operator_schedules_a_run_and_calls_it_off(plain: Scheduling, people: People) -> None:
    page = people.sign_in("operator")
    page.goto(f"/migrations/{in_thread(lambda: plain.migration.pk)}/")
    page.get_by_role("region", name="Schedule").get_by_role("link", name="Schedule").click()
    page.get_by_role("radio", name="At a time").check()
    due_at = (datetime.now(UTC) + timedelta(hours=5)).replace(second=0, microsecond=0)
    page.get_by_label("Time, in UTC").fill(f"{due_at:%Y-%m-%dT%H:%M}")
    page.get_by_role("radio", name="Roll it back").check()
    page.get_by_role("button", name="Schedule", exact=True).click()

    card = page.get_by_role("region", name="Schedule")
    expect(card.get_by_text("when the window closes: roll back")).to_be_visible()
    assert in_thread(lambda: Schedule.objects.get().due_at) == due_at
    card.get_by_role("button", name="Call off").click()
    expect(page.get_by_role("region", name="Schedule").locator(".badge", has_text="called off")).to_be_visible()
