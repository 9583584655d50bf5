"""The buttons of a live run: heard within a second, and nothing reloads."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import SLOW, AuthoringPage, MigrationPage, RunPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import small_stores
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def stores(company: Cast, tmp_path: Path) -> None:
    small_stores(company, tmp_path, "dev", sessions=3_000)


def test_a_run_is_paused_resumed_and_rolled_back(stores: None, busy_site: Site) -> None:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    busy_site.web()
    busy_site.dispatcher()
    busy_site.worker("one").wait_ready()
    with People(busy_site.url) as people:
        page = people.sign_in("operator")
        form = AuthoringPage(page).open()
        page.get_by_label(re.compile("^Title")).fill("Move sessions")
        form.choose("dev", "sessions-old", "sessions-new")
        page.get_by_label("Batch size").fill("10")
        page.get_by_label("Parallel workers").fill("1")
        form.save_and_plan()
        migration = MigrationPage(page)
        migration_id = migration.id
        migration.next_action.click()
        run = RunPage(page)
        run.ends_as("succeeded")
        migration.open(migration_id).next_action.click()
        expect(run.state).to_have_text("running", timeout=SLOW)
        run.mark()

        page.get_by_role("button", name="Pause").click()
        expect(run.state).to_have_text("paused", timeout=SLOW)
        page.get_by_role("button", name="Resume").click()
        expect(run.state).to_have_text("running", timeout=SLOW)

        page.get_by_role("button", name="Roll back").click()
        asked = page.get_by_role("dialog", name=re.compile("Roll run .* back"))
        expect(asked).to_contain_text("Move sessions", timeout=SLOW)
        asked.get_by_role("button", name="Roll back").dblclick()
        run.ends_as("rolled back")
        expect(page.locator("#run-progress")).to_contain_text("everything this run did was undone")
        expect(page.get_by_role("link", name="Report")).to_be_visible()
        assert not run.reloaded
        assert people.complaints == []
