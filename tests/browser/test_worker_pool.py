"""An admin makes a pool of worker processes a target, by the pages alone, and sees what runs there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import DESKTOP, PHONE, People
from tests.browser.test_accessibility import axe, too_wide
from tests.cast import Cast
from tests.pools.process_pool import NEW, TOKEN, ProcessPool

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
def test_a_pool_is_added_tested_and_watched(
    company: Cast, people: People, start_processes: Callable[..., ProcessPool], phone: bool
) -> None:
    pool = start_processes(workers=3)
    page = people.sign_in("admin", phone=phone, dark=phone)
    page.goto("/targets/new/")
    page.get_by_role("textbox", name="Name", exact=True).fill("workers")
    page.get_by_label("What it is").select_option(label="Worker pool over HTTP")
    page.get_by_label("Address").fill(pool.http_config["url"])
    page.get_by_label("Bearer token").fill(TOKEN)
    assert (axe(page), too_wide(page)) == ([], [])
    page.get_by_role("button", name="Create target").click()
    page.get_by_role("button", name="Test connection").click()
    health = page.locator("#health")
    expect(health).to_contain_text("answers")
    expect(health).to_contain_text("3 × 1.0.0 (1)")
    assert (axe(page), too_wide(page)) == ([], [])

    pool.ask("PUT", "/control/workers/worker-1", NEW.as_dict())
    page.get_by_role("button", name="Test connection").click()
    expect(health).to_contain_text("1 worker runs another release than 1.0.0 (1)")

    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Address")).to_have_value(pool.http_config["url"])
    page.set_viewport_size(PHONE if not phone else DESKTOP)  # type: ignore[arg-type]
    assert (axe(page), too_wide(page)) == ([], [])
