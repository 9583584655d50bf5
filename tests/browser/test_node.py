"""A live node is handed over to Redis and brought back, by a person who uses the pages alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrations_app.testing.beam import BeamNode
from migrations_app.testing.servers import RedisServer
from tests.browser.pages import SLOW, AuthoringPage, MigrationPage, RunPage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import add_target
from tests.cast import Cast
from tests.node_callers import NodeCallers
from tests.parallel import in_thread

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture
def callers(company: Cast, disposable_node: BeamNode, empty_redis: RedisServer) -> NodeCallers:
    """Callers of a node that is a target of `dev`, where nobody has to sign; an empty Redis is another one."""
    add_target(company, "dev", "node", disposable_node.config(), **disposable_node.secrets)
    add_target(company, "dev", "sessions-redis", empty_redis.config(codec="etf"), **empty_redis.secrets)
    callers = NodeCallers(disposable_node)
    callers.create(*(f"quiet-{number}" for number in range(300)))
    callers.start_callers(sessions=25)
    return callers


@pytest.fixture
def people(callers: NodeCallers, busy_site: Site, tmp_path: Path) -> Iterator[People]:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    busy_site.web()
    busy_site.dispatcher()
    busy_site.worker("one").wait_ready()
    with People(busy_site.url) as at_their_browsers:
        yield at_their_browsers
        assert at_their_browsers.complaints == []


def test_a_person_hands_a_live_node_over_and_brings_it_back(people: People, callers: NodeCallers) -> None:
    page = people.sign_in("operator")
    form = AuthoringPage(page).open()
    page.get_by_label(re.compile("^Title")).fill("Hand over the node")
    form.choose("dev", "node", "sessions-redis")
    form.unfold()
    page.get_by_label(re.compile("^Zero downtime")).check()
    page.get_by_label(re.compile("^Hand-over")).select_option("released")
    form.save_and_plan()
    plan = MigrationPage(page)
    migration_id = plan.id
    plan.next_action.click()
    run = RunPage(page)
    run.ends_as("succeeded")  # the dry run
    plan.open(migration_id).next_action.click()

    asked = page.locator("#run-actions .confirmation")
    expect(asked).to_contain_text("Hand over now?", timeout=SLOW)
    asked.get_by_role("button", name="Confirm…").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(page.locator("#run-progress")).to_contain_text("callers waited", timeout=SLOW)
    expect(asked).to_contain_text("serve alone?", timeout=SLOW)

    page.locator("#run-actions").get_by_role("button", name=re.compile("^Roll back")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Roll back")).click()
    run.ends_as("rolled back")
    said = in_thread(callers.stop_callers)
    assert said.failures == []
    assert in_thread(lambda: callers.answered(list(said.alive))) == said.alive
