"""Nothing moves while a page loads, nothing sticks out of a small screen, and what lies over a page is accessible."""

from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import Page, expect

from migrations_app.models import SavedFilter
from migrations_app.services import notifications
from tests import stores_on_disk
from tests.browser.people import People
from tests.browser.stores import NOW
from tests.browser.test_accessibility import axe, too_wide
from tests.cast import Cast
from tests.parallel import in_thread

pytestmark = [pytest.mark.browser, pytest.mark.servers]

LISTS = (
    "/",
    "/inbox/",
    "/inbox/?tab=news",
    "/migrations/?status=planned&sort=title",
    "/runs/",
    "/trends/",
    "/targets/",
    "/environments/",
    "/audit/",
    "/search/?q=sessions",
    "/help/",
    "/docs/deployment/",
    "/nowhere/",
)
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => sum += entry.value))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(sum), 300);
})"""


@pytest.fixture
def plan(company: Cast, tmp_path: Path) -> int:
    made = stores_on_disk.stage(company, company.environments["production"], tmp_path / "stores", NOW).planned()
    admin = company.people["admin"]
    notifications.tell([admin], now=NOW, kind="run_succeeded", text="A long piece of news " * 6, migration=made)
    SavedFilter.objects.create(
        person=admin, name="Planned, by title", query="status=planned&sort=title", created_at=NOW
    )
    return made.pk


@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
def test_nothing_moves_and_nothing_sticks_out(plan: int, people: People, phone: bool) -> None:
    page = people.sign_in("admin", phone=phone, dark=phone)
    findings = []
    for path in LISTS:
        page.goto(path)
        shifted = page.evaluate(SHIFTS)
        findings += [f"{path}: {finding}" for finding in too_wide(page)]
        findings += [f"{path}: layout shifts of {shifted:.3f}"] if shifted > 0.01 else []
    assert findings == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_what_lies_over_a_page(plan: int, people: People, dark: bool) -> None:
    page = people.sign_in("operator", dark=dark)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    findings = axe(page)
    page.goto("/migrations/?status=planned")
    page.locator("summary", has_text="Environment").click()
    findings += axe(page)
    findings += asked(page, plan)
    assert findings == []


def asked(page: Page, plan: int) -> list[str]:
    page.goto(f"/migrations/{plan}/cancel/")
    findings = axe(page)
    page.goto(f"/migrations/{plan}/")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Cancel migration").click()
    expect(page.get_by_role("dialog", name="Cancel this migration?")).to_be_visible()
    return findings + axe(page)


def test_the_buttons_of_a_factor_leave_room_for_its_name(people: People, company: Cast) -> None:
    page = people.sign_in("viewer", phone=True)
    in_thread(lambda: TOTP.activate(company.people["viewer"], "JBSWY3DPEHPK3PXP"))
    in_thread(lambda: RecoveryCodes.activate(company.people["viewer"]))
    page.goto("/accounts/2fa/")

    names = page.locator(".panel h2")
    expect(names).to_have_count(3)
    assert min(names.evaluate_all("all => all.map(name => name.offsetWidth)")) > 100  # pixels; it was one letter wide
