"""A version upgrade in the browser: planned, signed, rolled over real workers under load, and brought back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.services import targets
from tests.browser.pages import AuthoringPage, MigrationPage, RunPage, SigningPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import NOW
from tests.browser.test_accessibility import looked_at
from tests.cast import Cast
from tests.handlers.config.places import BEFORE
from tests.handlers.upgrade.places import Upgrade, service

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def shop(company: Cast) -> Iterator[Upgrade]:
    """A configuration, a project with a line that breaks, and three workers, as targets in staging."""
    with service(workers=3) as upgrade:
        upgrade.lay({"lib/ask.ex": b"{:error, :worker_busy} = Snakepit.execute(a, b)\n"})
        for target in upgrade.targets.values():
            targets.create(
                actor=company.actors["admin"],
                now=NOW,
                environment_id=company.environments["staging"].pk,
                name=target.name,
                kind=TargetKind(target.kind),
                config=target.config,
            )
        yield upgrade


def test_a_service_is_upgraded_under_load_and_brought_back(shop: Upgrade, company: Cast, busy_site: Site) -> None:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    busy_site.web()
    busy_site.dispatcher()
    busy_site.worker("one").wait_ready()

    with People(busy_site.url) as people, shop.pool.load(callers=2) as load:
        operator = people.sign_in("operator")
        operator.emulate_media(reduced_motion="reduce")  # colours are there at once
        plan = planned(operator)
        code = operator.get_by_role("region", name="What 0.13.0 means for the code")
        expect(code).to_contain_text("lib/ask.ex:1")
        expect(code).to_contain_text("{:error, :worker_busy}")
        restarted = operator.get_by_role("region", name="How shop-pool is restarted")
        expect(restarted).to_contain_text("never fewer than 3 of 3")
        expect(operator.get_by_role("region", name="What is written")).to_contain_text("0.8.8 → 0.13.0")
        assert looked_at(operator) == []

        approver = people.sign_in("approver")
        migration_id = plan.id
        plan.next_action.click()
        RunPage(operator).ends_as("succeeded")
        plan.open(migration_id)
        plan.next_action.click()
        SigningPage(approver).open(migration_id).sign()
        expect(approver.locator(".toasts")).to_contain_text("Signed")
        plan.open(migration_id)
        plan.next_action.click()
        RunPage(operator).ends_as("succeeded")
        assert looked_at(operator) == []
        assert shop.releases == {"0.13.0"}

        operator.locator("#run-actions").get_by_role("button", name=re.compile("^Roll back")).click()
        operator.get_by_role("dialog").get_by_role("button", name=re.compile("^Roll back")).click()
        RunPage(operator).ends_as("rolled back")
        assert people.complaints == []
    assert load.failed == []
    assert shop.releases == {"0.8.8"}
    assert shop.contents == BEFORE


def planned(page: Page) -> MigrationPage:
    form = AuthoringPage(page).open("Use the template Upgrade a pool in waves")
    page.get_by_label(re.compile("^Title")).fill("Shop to 0.13")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "fields"):
        page.get_by_role("combobox", name="Environment").select_option(label="staging")
    for role, target in (("Configuration", "shop-config"), ("Worker pool", "shop-pool"), ("Project", "shop ")):
        box = page.get_by_label(re.compile(f"^{role}"))
        box.select_option(label=box.locator("option", has_text=target).first.inner_text())
    page.get_by_label(re.compile("^Version that it is written for")).fill("0.8.8")
    page.get_by_label(re.compile("^Time to prove itself")).fill("0")
    form.save_and_plan()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop to 0.13")
    return MigrationPage(page)
