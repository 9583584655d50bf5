"""The whole story of three people: a live hand-over is written, signed, released, brought back and undone.

Every button is clicked twice; the socket is cut in the middle; a second tab watches; the back button repeats nothing.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from migrations_app.models import AuditEntry, Run
from tests.browser.pages import SLOW, AuthoringPage, MigrationPage, RunPage, SigningPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import small_stores
from tests.cast import Cast
from tests.faults.deployment import Process
from tests.parallel import in_thread

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def stores(company: Cast, tmp_path: Path) -> None:
    small_stores(company, tmp_path)


@pytest.fixture
def web(stores: None, busy_site: Site) -> Process:
    return busy_site.web()


@pytest.fixture
def people(web: Process, busy_site: Site) -> Iterator[People]:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    busy_site.dispatcher()
    busy_site.worker("one").wait_ready()
    with People(busy_site.url) as at_their_browsers:
        yield at_their_browsers
        assert at_their_browsers.complaints == []


def test_three_people_move_live_sessions_and_take_it_back(people: People, web: Process, busy_site: Site) -> None:
    author = people.sign_in("operator")
    migration_id = written(author)
    signed(people.sign_in("approver"), migration_id)

    plan = MigrationPage(author).open(migration_id)
    twice(plan.next_action)
    run = RunPage(author)
    expect(run.state).to_have_text("held", timeout=SLOW)
    assert of_kind("apply") == 1
    author.go_back()
    author.go_forward()
    expect(run.state).to_have_text("held", timeout=SLOW)
    assert of_kind("apply") == 1

    other_tab = RunPage(author.context.new_page()).open(run.id)
    for page in (run, other_tab):
        expect(served(page)).to_have_text("0 of 256")
        page.mark()
    twice(button(run, "Hand over now"))
    for page in (run, other_tab):
        expect(served(page)).to_have_text("1 of 256", timeout=SLOW)
    twice(button(other_tab, "Postpone"))
    expect(run.state).to_have_text("held", timeout=SLOW)
    expect(button(run, "Postpone")).to_have_attribute("aria-disabled", "true", timeout=SLOW)
    twice(button(run, "Hand over now"))
    for page in (run, other_tab):
        expect(served(page)).to_have_text("256 of 256", timeout=SLOW)

    web.kill()
    expect(run.live).to_contain_text("reconnecting", timeout=SLOW)
    busy_site.web()
    expect(run.live).to_contain_text("live", timeout=SLOW)
    people.complaints.clear()  # that nobody answered for a while

    confirmed(run, "Bring back")
    for page in (run, other_tab):
        expect(served(page)).to_have_text("0 of 256", timeout=SLOW)
    twice(button(other_tab, "Hand over now"))
    expect(served(run)).to_have_text("1 of 256", timeout=SLOW)
    confirmed(other_tab, "Roll back")
    for page in (run, other_tab):
        page.ends_as("rolled back")
        assert not page.reloaded

    told = audited(people.sign_in("auditor"))
    for sentence in (
        "operator created",
        "operator submitted for review",
        "approver signed",
        "operator started",
        "operator released the hand-over of",
        "operator asked to bring back every bucket of",
        "operator postponed the hand-over of",
        "operator asked to roll back",
    ):
        assert sentence in told, sentence
    assert in_thread(lambda: AuditEntry.objects.filter(action="run.execute", outcome="allowed").count()) == 1
    assert in_thread(lambda: AuditEntry.objects.filter(action="run.cut_over", outcome="allowed").count()) == 3


def written(page: Page) -> int:
    """A planned zero-downtime migration that went through its dry run and waits for a signature."""
    form = AuthoringPage(page).open()
    page.get_by_label(re.compile("^Title")).fill("Move live sessions")
    form.choose("staging", "sessions-old", "sessions-new")
    form.unfold()
    page.get_by_label(re.compile("^Zero downtime")).check()
    page.get_by_label(re.compile("^Hand-over")).select_option("released")
    page.get_by_label(re.compile("^Soak between waves")).fill("6000")
    page.get_by_label(re.compile("^Aimed-at write pause")).fill("4000")
    page.get_by_label(re.compile("^Longest write pause of a bucket")).fill("10000")
    form.save_and_plan()
    plan = MigrationPage(page)
    migration_id = plan.id
    plan.next_action.click()
    RunPage(page).ends_as("succeeded")
    twice(plan.open(migration_id).next_action)
    expect(plan.why_not_sign).to_contain_text("you wrote revision 1")
    return migration_id


def signed(page: Page, migration_id: int) -> None:
    page.goto("/inbox/")
    page.get_by_role("link", name=re.compile("Move live sessions")).first.click()
    SigningPage(page).open(migration_id).sign()
    expect(page.locator(".toasts")).to_contain_text("Signed")


def twice(there: Locator) -> None:
    """An impatient person."""
    expect(there).to_be_enabled(timeout=SLOW)
    there.dblclick(no_wait_after=True)


def button(run: RunPage, name: str) -> Locator:
    return run.page.locator("#run-actions").get_by_role("button", name=re.compile(f"^{name}"))


def confirmed(run: RunPage, name: str) -> None:
    button(run, name).click(timeout=SLOW)
    asked = run.page.get_by_role("dialog")
    expect(asked).to_contain_text("Move live sessions", timeout=SLOW)
    twice(asked.get_by_role("button", name=name))


def served(run: RunPage) -> Locator:
    return run.page.locator("#run-route .stat", has_text="buckets on").locator("b")


def of_kind(kind: str) -> int:
    return in_thread(lambda: Run.objects.filter(kind=kind).count())


def audited(page: Page) -> str:
    """What the trail says, newest first, once the chain is verified."""
    page.goto("/audit/")
    twice(page.get_by_role("button", name="Verify chain"))
    expect(page.locator(".toasts")).to_contain_text(re.compile("whole|verified|intact"), timeout=SLOW)
    return page.locator(".trail").inner_text()
