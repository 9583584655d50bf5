"""The page of the search and the palette by the keyboard alone, on a phone too."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from migrations_app.models import Migration
from tests import stores_on_disk
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def made(company: Cast, tmp_path: Path) -> Migration:
    return stores_on_disk.stage(company, company.environments["staging"], tmp_path, NOW).planned()


def test_it_is_typed_walked_and_opened_without_a_mouse(made: Migration, people: People) -> None:
    page = people.sign_in("operator", phone=True, dark=True)
    page.goto("/search/")
    box, found = page.locator("#search-q"), page.locator("#found")
    expect(box).to_be_focused()
    page.keyboard.type("sesions-so")
    expect(found).to_contain_text("Did you mean sessions-so?")
    page.keyboard.press("Control+a")
    page.keyboard.type("sessions")
    expect(found.get_by_role("status")).to_have_text("3 found")
    expect(page).to_have_url(re.compile(r"q=sessions$"))

    page.keyboard.press("ArrowDown")
    expect(found.locator(".cover").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).violations_count == 0
    found.get_by_role("link", name="Targets 2").click()
    expect(found.get_by_role("link", name="Targets 2")).to_have_attribute("aria-current", "true")
    expect(box).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/targets/\d+/$"))

    page.wait_for_load_state()  # the address changes before the new page listens to keys
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find anything")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("light theme")
    expect(palette.get_by_role("option", selected=True)).to_have_text("Light theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    page.keyboard.type(f"migration {made.pk}")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Move sessions")
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/migrations/{made.pk}/$"))
