"""Whatever is pressed twice is done once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from migrations_app.models import ApiToken, AuditEntry, Migration, PlanRevision, Run, SavedFilter, Signature, Sketch
from tests import stores_on_disk
from tests.browser.pages import SLOW
from tests.browser.people import People
from tests.cast import Cast
from tests.parallel import in_thread, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def plan(company: Cast, tmp_path: Path) -> str:
    """Where the page of a planned migration is, in an environment that wants a signature."""
    stage = stores_on_disk.stage(company, company.environments["staging"], tmp_path / "stores", datetime.now(UTC))
    return f"/migrations/{stage.planned().pk}/"


def more(page: Page, plan: str, name: str) -> Locator:
    page.goto(plan)
    page.get_by_role("button", name="More actions").click()
    return page.get_by_role("button", name=name, exact=True)


def dry_run(page: Page, plan: str) -> Locator:
    page.goto(plan)
    return page.locator("#checks").get_by_role("button", name=re.compile("^Dry run"))


def comment(page: Page, plan: str) -> Locator:
    page.goto(plan)
    page.get_by_label("Comment").fill("Why now?")
    return page.get_by_role("button", name="Comment", exact=True)


def blank_form(page: Page, _plan: str) -> Locator:
    page.goto("/migrations/new/")
    return page.get_by_role("button", name="Blank form")


def saved_filter(page: Page, _plan: str) -> Locator:
    page.goto("/migrations/?status=planned")
    page.get_by_text("Save this filter").click()
    page.get_by_label("Name", exact=True).fill("Planned ones")
    return page.get_by_role("button", name="Save", exact=True)


def token(page: Page, _plan: str) -> Locator:
    page.goto("/settings/tokens/")
    page.get_by_label("Name", exact=True).fill("pipeline")
    page.get_by_role("checkbox").first.check()
    return page.get_by_role("button", name="Create token")


def submitted() -> int:
    return AuditEntry.objects.filter(action="review.submit", outcome="allowed").count()


PRESSED: dict[str, tuple[Callable[[Page, str], Locator], Callable[[], int]]] = {
    "plan again": (lambda page, plan: more(page, plan, "Plan again"), PlanRevision.objects.count),
    "clone": (lambda page, plan: more(page, plan, "Clone"), Migration.objects.count),
    "dry run": (dry_run, Run.objects.count),
    "comment": (comment, Signature.objects.count),
    "blank form": (blank_form, Sketch.objects.count),
    "save filter": (saved_filter, SavedFilter.objects.count),
    "create token": (token, ApiToken.objects.count),
}


@pytest.mark.parametrize("action", PRESSED)
def test_a_double_click_does_it_once(plan: str, people: People, action: str) -> None:
    button, count = PRESSED[action]
    page = people.sign_in("operator")
    there = button(page, plan)
    before = in_thread(count)

    there.dblclick(no_wait_after=True)

    wait_for(lambda: in_thread(count) > before, SLOW / 1000, action)
    page.wait_for_load_state("networkidle")
    assert in_thread(count) == before + 1
    assert people.complaints == []


def test_a_review_is_asked_for_and_withdrawn_once(plan: str, people: People) -> None:
    page = people.sign_in("operator")
    more(page, plan, "Submit for review").dblclick(no_wait_after=True)
    wait_for(lambda: in_thread(submitted) > 0, SLOW / 1000, "the review")
    page.wait_for_load_state("networkidle")
    assert in_thread(submitted) == 1

    more(page, plan, "Withdraw from review").dblclick(no_wait_after=True)
    withdrawn = AuditEntry.objects.filter(action="review.withdraw")
    wait_for(lambda: in_thread(withdrawn.count) > 0, SLOW / 1000, "the withdrawal")
    page.wait_for_load_state("networkidle")
    assert in_thread(lambda: list(withdrawn.values_list("outcome", flat=True))) == ["allowed"]
    assert people.complaints == []
