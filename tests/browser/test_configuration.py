"""A configuration in the browser: planned with reasons, signed, run, its versions compared, and brought back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from migrations_app.services import targets
from tests.browser.pages import AuthoringPage, MigrationPage, RunPage, SigningPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import NOW
from tests.browser.test_accessibility import looked_at
from tests.cast import Cast
from tests.handlers.config.places import BEFORE

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def place(company: Cast, tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    for name, content in BEFORE.items():
        (directory / name).write_bytes(content)
    targets.create(
        actor=company.actors["admin"],
        now=NOW,
        environment_id=company.environments["staging"].pk,
        name="shop-config",
        kind="config_file",
        config={"path": str(directory / "config.exs")},
    )
    return directory


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def test_a_configuration_is_planned_signed_written_and_restored(place: Path, company: Cast, busy_site: Site) -> None:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    busy_site.web()
    busy_site.dispatcher()
    busy_site.worker("one").wait_ready()

    with People(busy_site.url) as people:
        operator = people.sign_in("operator")
        operator.emulate_media(reduced_motion="reduce")  # colours are there at once
        plan = planned(operator)
        written = operator.get_by_role("region", name="What is written")
        expect(written).to_contain_text("0.8.8 → 0.13.0")
        expect(written.locator("del", has_text="grpc_port: 50_051")).to_be_visible()
        expect(written.locator("ins", has_text="grpc_listener")).to_be_visible()
        expect(written.locator(".hunk-notes").first).to_contain_text(re.compile("rule .*"))
        assert looked_at(operator) == []

        approver = people.sign_in("approver")
        runs_through(plan, approver)
        assert contents(place) != BEFORE

        operator.goto("/targets/")
        operator.get_by_role("link", name="shop-config").first.click()
        operator.get_by_role("link", name="History").click()
        expect(operator.locator(".versions li")).to_have_count(2)
        expect(operator.locator("#version-2")).to_contain_text("Snakepit 0.13.0")
        expect(operator.locator("#compared ins", has_text="grpc_listener")).to_be_visible()
        assert looked_at(operator) == []
        operator.get_by_role("button", name="Plan to restore version 1").click()
        restore = MigrationPage(operator)
        expect(operator.get_by_role("heading", level=1)).to_have_text("Restore shop-config to version 1")
        assert contents(place) != BEFORE

        runs_through(restore, approver)
        assert contents(place) == BEFORE
        assert people.complaints == []


def planned(page: Page) -> MigrationPage:
    form = AuthoringPage(page).open("Use the template Rewrite a configuration for another version")
    page.get_by_label(re.compile("^Title")).fill("Shop to 0.13")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "fields"):
        page.get_by_role("combobox", name="Environment").select_option(label="staging")
    box = page.get_by_label(re.compile("^Configuration"))
    box.select_option(label=box.locator("option", has_text="shop-config").first.inner_text())
    form.save_and_plan()
    expect(form.problem("Version that it is written for")).to_contain_text("0.7.5 to 0.8.8")
    page.get_by_label(re.compile("^Version that it is written for")).fill("0.8.8")
    form.save_and_plan()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop to 0.13")
    return MigrationPage(page)


def runs_through(plan: MigrationPage, approver: Page) -> None:
    """Dry run, review, signature, run."""
    migration_id = plan.id
    plan.next_action.click()
    RunPage(plan.page).ends_as("succeeded")
    plan.open(migration_id)
    plan.next_action.click()
    signing = SigningPage(approver).open(migration_id)
    expect(approver.get_by_role("region", name="What is written").locator("ins").first).to_be_visible()
    signing.sign()
    expect(approver.locator(".toasts")).to_contain_text("Signed")
    plan.open(migration_id)
    plan.next_action.click()
    RunPage(plan.page).ends_as("succeeded")
