"""A dangerous action in a protected environment, by the keyboard alone: the name, refused, then given; done once."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.models import AuditEntry
from tests import stores_on_disk
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.cast import Cast
from tests.parallel import in_thread

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def plan(company: Cast, tmp_path: Path) -> int:
    return stores_on_disk.stage(company, company.environments["production"], tmp_path / "stores", NOW).planned().pk


def test_the_name_is_typed_and_a_double_click_cancels_once(plan: int, people: People) -> None:
    page = people.sign_in("operator")
    page.goto(f"/migrations/{plan}/")
    menu = page.get_by_role("button", name="More actions")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel migration").focus()
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name="Cancel this migration?")
    typed = asked.get_by_label(re.compile("^Type"))
    expect(typed).to_be_focused()

    page.keyboard.type("Move")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("alert")).to_contain_text("That is not its name. Nothing was done.")
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(menu).to_be_focused()

    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel migration").click()
    typed.fill("Move sessions")
    asked.get_by_role("button", name="Cancel migration").dblclick()
    expect(page.locator("#toasts")).to_contain_text("Cancelled: this migration can no longer run.")
    assert in_thread(lambda: list(AuditEntry.objects.filter(action="migration.cancel").values_list("outcome"))) == [
        ("allowed",)
    ]
