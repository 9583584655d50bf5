"""A migration is written: kept while it is typed, left, found again in every way, and saved as its YAML said."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.models import Migration, Sketch
from tests.browser.pages import SLOW, AuthoringPage
from tests.browser.people import People
from tests.browser.stores import small_stores
from tests.cast import Cast
from tests.parallel import in_thread, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def stores(company: Cast, tmp_path: Path) -> None:
    small_stores(company, tmp_path)


def test_nothing_that_was_typed_is_lost(stores: None, people: People) -> None:
    page = people.sign_in("operator")
    form = AuthoringPage(page).open("Use the template Maintenance move with a snapshot file")
    title, description = page.get_by_label(re.compile("^Title")), page.get_by_label(re.compile("^Why"))
    expect(page.get_by_role("status").filter(has_text="kept for you as you go")).to_be_visible()
    form.choose("staging", "sessions-old", "sessions-new")
    title.fill("Move sessions tonight")
    form.kept("title: Move sessions tonight")
    expect(page.locator(".sketch-line")).to_contain_text("Saved as your private draft just now")

    description.fill("Because:\n- typed a moment before leaving")
    page.get_by_role("link", name="Migrations", exact=True).first.click()
    page.wait_for_url("**/migrations/")
    wait_for(lambda: in_thread(lambda: "leaving" in Sketch.objects.get().values["description"]), 60, "the last words")
    page.go_back()
    expect(title).to_have_value("Move sessions tonight")
    page.reload()
    expect(description).to_have_value("Because:\n- typed a moment before leaving")
    assert in_thread(Migration.objects.count) == 0

    other = page.context.new_page()
    other.goto("/migrations/new/")
    other.get_by_role("link", name="Move sessions tonight").click()
    other.get_by_label(re.compile("^Title")).fill("Another idea")
    AuthoringPage(other).kept("title: Another idea")
    title.fill("Move sessions tomorrow")
    expect(page.locator(".sketch-line")).to_contain_text("changed on another page", timeout=SLOW)
    page.get_by_role("button", name="Keep this one as a draft of its own").click()
    form.kept("title: Move sessions tomorrow")

    shown = page.locator("#yaml-text").inner_text()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move sessions tomorrow")
    exported = page.request.get(f"{page.url}export/")
    assert exported.text().strip() == shown.strip()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move sessions tomorrow")
    assert in_thread(Migration.objects.count) == 1
    assert in_thread(Sketch.objects.count) == 2


def test_an_edit_is_kept_until_it_is_saved(stores: None, people: People) -> None:
    page = people.sign_in("operator")
    form = AuthoringPage(page).open()
    title = page.get_by_label(re.compile("^Title"))
    form.choose("staging", "sessions-old", "sessions-new")
    title.fill("Move sessions")
    page.get_by_role("button", name="Save draft").click()
    saved = page.get_by_role("heading", level=1)
    expect(saved).to_have_text("Move sessions")

    page.get_by_role("link", name="Edit", exact=True).click()
    title.fill("Move sessions slowly")
    form.kept("title: Move sessions slowly")
    page.get_by_role("link", name="Leave; it is kept for you").click()
    expect(saved).to_have_text("Move sessions")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(title).to_have_value("Move sessions slowly")
    page.get_by_role("button", name="Discard my changes").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(title).to_have_value("Move sessions slowly")
    page.get_by_role("button", name="Save draft").click()
    expect(saved).to_have_text("Move sessions slowly")
    assert in_thread(Migration.objects.count) == 1
