"""Everything by the keyboard alone: the palette, the keys, and a list."""

import re

import pytest
from playwright.sync_api import expect

from migrations_app.models import Run
from migrations_app.services import notifications
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.cast import Cast
from tests.runs import a_run

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def run(company: Cast) -> Run:
    return a_run()


def test_the_keyboard_gets_everywhere(run: Run, people: People) -> None:
    page = people.sign_in("operator")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find anything")
    box = palette.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("new migration")
    expect(palette.get_by_role("option")).to_have_count(1)
    expect(palette.get_by_role("status")).to_have_text("1 found")
    page.keyboard.press("Control+a")
    page.keyboard.type("go to")
    expect(palette.get_by_role("option", name="Go to inbox")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("option", selected=True)).to_have_text("Go to inbox")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()

    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile(r"/migrations/$"))
    page.get_by_placeholder("Title or description").focus()
    page.keyboard.type("gmjn?")  # no key works while somebody types
    expect(page.get_by_placeholder("Title or description")).to_have_value("gmjn?")
    page.goto("/migrations/")
    page.keyboard.press("n")
    expect(page.locator(".title").get_by_role("link", name="New migration")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/migrations/{run.migration_id}/$"))
    page.wait_for_load_state()  # the address changes before the new page listens to keys

    page.keyboard.press("Control+k")
    page.keyboard.type(str(run.pk))
    expect(palette.get_by_role("option").first).to_contain_text(re.compile("migration|run"))
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("/search/"))


@pytest.fixture
def news(run: Run, company: Cast) -> int:
    for text in ("first", "second"):
        notifications.tell(
            [company.people["operator"]], now=NOW, kind="run_succeeded", text=text, migration=run.migration
        )
    return run.migration_id


def test_the_inbox_is_worked_through_by_keys(news: int, people: People) -> None:
    page = people.sign_in("operator")
    page.goto("/inbox/?tab=news")
    first = page.get_by_role("listitem").filter(has_text="first")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(first.get_by_role("link")).to_be_focused()

    page.keyboard.press("x")
    expect(page.locator("#toasts")).to_contain_text("Marked as read.")
    expect(first).not_to_contain_text("new")
    expect(first.get_by_role("link")).to_be_focused()  # one goes on from where one was

    page.keyboard.press("u")
    expect(page.get_by_role("listitem").filter(has_text="new")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/inbox/\?tab=news$"))
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/migrations/{news}/$"))
