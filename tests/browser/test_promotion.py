"""A procedure proven in staging goes to production with other targets; then both runs stand side by side."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from migrations_app.models import Migration, Target
from tests import stores_on_disk
from tests.browser.pages import MigrationPage
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.browser.test_accessibility import axe, too_wide
from tests.cast import Cast
from tests.parallel import in_thread
from tests.promoted import proven, run_through

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def proof(company: Cast, tmp_path: Path) -> int:
    """A migration that has run in staging; production has stores of the same pattern, with more sessions in them."""
    staging = stores_on_disk.stage(company, company.environments["staging"], tmp_path / "staging", NOW)
    there = company.environments["production"]
    stores_on_disk.stage(company, there, tmp_path / "production", NOW, sessions=70)
    for target in Target.objects.filter(environment=there):
        Target.objects.filter(pk=target.pk).update(name=f"prod-{target.name}")
    return proven(staging, title="Move the shop's sessions").pk


def test_what_is_proven_in_staging_is_promoted_and_compared(proof: int, people: People) -> None:
    page = people.sign_in("operator")
    migration = MigrationPage(page).open(proof)
    expect(migration.section("Environments")).to_contain_text(
        re.compile(r"staging.*succeeded.*production.*next", re.DOTALL)
    )
    migration.section("Environments").get_by_role("link", name="Promote to production").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Promote to production")
    source, target = page.get_by_role("combobox", name="Source"), page.get_by_role("combobox", name="Target")
    expect(source.locator("option:checked")).to_contain_text("prod-sessions-source")
    expect(target.locator("option:checked")).to_contain_text("prod-sessions-target")
    target.select_option("")
    page.get_by_role("button", name="Promote and plan").click()
    expect(page.locator(".field.has-problem .problem")).to_contain_text("Target is missing.")
    findings = [*axe(page), *too_wide(page)]
    target.select_option(label=target.locator("option", has_text="prod-sessions-target").inner_text())
    page.get_by_role("button", name="Promote and plan").click()

    expect(page.locator(".toasts")).to_contain_text("Promoted, and revision 1 is planned")
    expect(migration.section("Environments")).to_contain_text("Promoted from Move the shop's sessions in staging")
    promoted = migration.id
    assert promoted != proof
    findings += axe(page)
    in_thread(lambda: run_through(Migration.objects.get(pk=promoted)))
    migration.open(promoted).section("Environments").get_by_role("link", name="Compare").click()
    findings += [*compared(page), *axe(page), *too_wide(page)]

    phone = people.sign_in("viewer", phone=True, dark=True)
    phone.goto(f"/migrations/{proof}/environments/")
    findings += [*compared(phone), *axe(phone), *too_wide(phone)]
    assert findings == []


def compared(page: Page) -> list[str]:
    """Both runs are there, and what differs between them is marked."""
    runs = page.get_by_role("region", name="Runs")
    expect(runs.get_by_text("succeeded")).to_have_count(2)
    expect(runs).to_contain_text("prod-sessions-source")
    steps = page.get_by_role("region", name="Steps")
    expect(steps.locator("tbody tr")).to_have_count(8)
    counts = page.get_by_role("region", name="Counts")
    moved = counts.locator("tr.differs", has_text="20").filter(has_text="70").first
    expect(moved).to_contain_text("differs")
    expect(page.get_by_role("region", name="Findings").locator("tr", has_text="Protected environment")).to_have_class(
        "differs"
    )
    expect(page.get_by_role("region", name="Parameters and options")).to_contain_text("None differs.")
    return []
