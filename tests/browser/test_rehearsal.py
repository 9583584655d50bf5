"""A person reads what a rehearsal does and leaves open, agrees to it, and finds its outcome on the plan's page."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.models import Run
from tests import stores_on_disk
from tests.browser.pages import MigrationPage
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.browser.test_accessibility import axe, too_wide
from tests.cast import Cast
from tests.parallel import in_thread
from tests.services.test_driving import drive_to_end

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def planned(company: Cast, tmp_path: Path) -> int:
    """In production, which is protected."""
    there = company.environments["production"]
    return stores_on_disk.stage(company, there, tmp_path / "stores", NOW).planned().pk


def test_it_is_read_agreed_to_and_leaves_nothing(planned: int, people: People, tmp_path: Path) -> None:
    files = sorted(os.listdir(tmp_path / "stores"))
    page = people.sign_in("operator")
    migration = MigrationPage(page).open(planned)
    expect(migration.section("Checks")).to_contain_text("No rehearsal yet")
    migration.section("Checks").get_by_role("link", name="Rehearse…").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Rehearse")
    expect(page.get_by_role("region", name="What it does not prove")).to_contain_text("The hand-over")
    findings = [*axe(page), *too_wide(page)]
    page.get_by_role("button", name="Rehearse now").click()  # the browser wants the tick first
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rehearse")
    page.get_by_role("checkbox", name="I agree").check()
    page.get_by_role("button", name="Rehearse now").click()

    page.wait_for_url("**/runs/*/")
    in_thread(lambda: drive_to_end(Run.objects.get()))
    page.reload()
    expect(page.locator("main")).to_contain_text("all of it was removed again")
    expect(page.locator("main")).to_contain_text("The hand-over is not proven")
    expect(page.get_by_role("region", name="Steps")).to_contain_text("8 of 8")
    expect(page.locator("tr", has_text="Leave the old sessions")).to_contain_text("left out")
    findings += [*axe(page), *too_wide(page)]
    migration.open(planned)
    expect(migration.section("Checks")).to_contain_text("A rehearsal of exactly this plan succeeded")
    assert sorted(os.listdir(tmp_path / "stores")) == files

    phone = people.sign_in("operator", phone=True, dark=True)
    phone.goto(f"/migrations/{planned}/rehearse/")
    findings += [*axe(phone), *too_wide(phone)]
    assert findings == []


def test_without_consent_nothing_starts_also_where_the_browser_does_not_ask(planned: int, people: People) -> None:
    page = people.sign_in("operator")
    page.goto(f"/migrations/{planned}/rehearse/")
    page.locator("main form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Rehearse now").click()

    expect(page.locator(".field.has-problem .problem")).to_contain_text("Without your consent nothing was started.")
    assert in_thread(lambda: Run.objects.count()) == 0
