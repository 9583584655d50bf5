"""What axe-core finds, and what does not fit on a small screen: nothing, on any page, in light and dark.

A page is loaded once: whole, then again for its colours in the dark, then as small as a phone.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import AuthoringPage
from tests.browser.people import DESKTOP, PHONE, People

pytestmark = [pytest.mark.browser, pytest.mark.servers]

PAGES = {
    "admin": (
        "/",
        "/inbox/",
        "/migrations/",
        "/migrations/1/",
        "/migrations/1/revisions/1/2/",
        "/migrations/1/related/",
        "/policies/1/versions/1/replay/",
        "/runs/",
        "/trends/?span=year",
        "/runs/1/",
        "/runs/1/report/",
        "/targets/",
        "/targets/1/",
        "/targets/1/edit/",
        "/targets/new/",
        "/environments/",
        "/environments/1/",
        "/environments/new/",
        "/search/?q=sessions",
        "/help/",
        "/docs/",
        "/docs/runbooks/stuck-run/",
        "/settings/",
        "/settings/tokens/",
        "/accounts/2fa/",
        "/settings/sessions/",
        "/audit/",
        "/audit/1/",
        "/runs/999/",
    ),
    "operator": (
        "/",
        "/migrations/new/",
        "/migrations/import/",
        "/migrations/1/",
        "/migrations/1/edit/",
        "/migrations/1/break-glass/",
        "/migrations/1/related/",
        "/migrations/1/environments/",
    ),
    "approver": ("/inbox/", "/migrations/1/", "/migrations/1/sign/", "/migrations/1/waivers/new/?rule=live_effects"),
}
COLOURS = {"runOnly": ["color-contrast"]}
PLACES = {"runOnly": ["target-size", "scrollable-region-focusable", "aria-hidden-focus", "nested-interactive"]}


@pytest.mark.parametrize("username", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out(furnished: None, people: People, username: str) -> None:
    findings: list[str] = []
    page = people.sign_in(username)
    page.emulate_media(reduced_motion="reduce")  # colours are there at once
    for path in PAGES[username]:
        page.goto(path)
        findings += [f"{path}: {finding}" for finding in looked_at(page)]
    if username == "operator":
        AuthoringPage(page).open("Use the template Zero-downtime move")
        findings += [f"a new migration: {finding}" for finding in looked_at(page)]
    assert findings == []


def looked_at(page: Page) -> list[str]:
    found = axe(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {finding}" for finding in axe(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found += [f"phone: {finding}" for finding in (*axe(page, PLACES), *too_wide(page))]
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


def test_nothing_moves_for_whoever_wants_it_still(furnished: None, people: People) -> None:
    page = people.sign_in("operator")
    page.emulate_media(reduced_motion="reduce")
    page.goto("/migrations/1/")

    moving = """[...document.querySelectorAll("*")].filter(each =>
        getComputedStyle(each).transitionProperty !== "none" && parseFloat(getComputedStyle(each).transitionDuration))
        .map(each => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(moving) == []
    assert page.evaluate("document.getAnimations().length") == 0


def axe(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """Rule and the element it complains about."""
    answer = Axe().run(page, options={"resultTypes": ["violations"], **(options or {})})
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in answer.response["violations"]
        for node in violation["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} pixels too wide"] if wide > 0 else []
