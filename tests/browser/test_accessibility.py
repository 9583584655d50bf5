"""What axe-core finds, and what does not fit on a small screen: nothing, in light and dark."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import AuthoringPage, MigrationPage
from tests.browser.people import People
from tests.browser.stores import small_stores
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.servers]

PAGES = (
    "/",
    "/inbox/",
    "/migrations/",
    "/migrations/new/",
    "/migrations/import/",
    "/migrations/1/",
    "/migrations/1/edit/",
    "/runs/",
    "/targets/",
    "/targets/1/",
    "/targets/new/",
    "/environments/",
    "/environments/1/",
    "/environments/new/",
    "/search/?q=sessions",
    "/settings/",
    "/settings/tokens/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/audit/",
)
SMALL = ("/", "/migrations/", "/migrations/new/", "/migrations/1/", "/targets/1/", "/targets/new/", "/audit/")
SIGNERS_PAGES = ("/migrations/1/", "/migrations/1/sign/")
WRITERS_PAGES = ("/", "/migrations/new/", "/migrations/new/2/", "/migrations/1/edit/")


@pytest.fixture
def stores(company: Cast, tmp_path: Path) -> None:
    small_stores(company, tmp_path)


def plan_something(people: People) -> None:
    author = people.sign_in("operator")
    form = AuthoringPage(author).open()
    author.locator("#title").fill("Move sessions")
    form.choose("staging", "sessions-old", "sessions-new").save_and_plan()
    MigrationPage(author).more("Submit for review")
    AuthoringPage(author).open("Use the template Zero-downtime move")


@pytest.mark.parametrize(
    ("phone", "dark", "paths"), [(False, False, PAGES), (True, True, SMALL)], ids=["desktop-light", "phone-dark"]
)
def test_axe_finds_nothing_and_nothing_sticks_out(
    stores: None, people: People, phone: bool, dark: bool, paths: tuple[str, ...]
) -> None:
    plan_something(people)
    findings: list[str] = []
    for username, visited in (("admin", paths), ("approver", SIGNERS_PAGES), ("operator", WRITERS_PAGES)):
        page = people.sign_in(username, phone=phone, dark=dark)
        for path in visited:
            page.goto(path)
            findings += [f"{path}: {finding}" for finding in (*axe(page), *too_wide(page))]
    assert findings == []


def axe(page: Page) -> list[str]:
    """Rule and the element it complains about."""
    answer = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in answer.response["violations"]
        for node in violation["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} pixels too wide"] if wide > 0 else []
