"""From an invitation to work, and the end of a session in another browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from migrations_app.models import Run
from tests.browser.log_page import LogPage
from tests.browser.pages import SLOW
from tests.browser.people import People
from tests.browser.site import Site
from tests.browser.test_signing_in import code_of
from tests.cast import Cast
from tests.doorbell import rings_over
from tests.runs import a_run

pytestmark = [pytest.mark.browser, pytest.mark.servers]
GOOD = "four unrelated words here"
NEXT_CHECK = 30_000  # ms within which the socket of a session that was ended is closed


@pytest.fixture
def run(company: Cast, site: Site) -> Iterator[Run]:
    with rings_over(site.broker):
        yield a_run()


def test_the_invited_come_in_and_sign_their_other_browser_out(run: Run, people: People) -> None:
    admin = people.sign_in("admin")
    admin.goto("/settings/people/")
    admin.get_by_role("link", name="Invite somebody").click()
    admin.get_by_label("E-mail address").fill("nora@example.org")
    admin.get_by_label("Role").select_option("operator")
    admin.get_by_label("Where").select_option("all")
    admin.get_by_role("button", name="Make the link").click()
    link = admin.locator("#link").inner_text()

    nora = people.somebody(phone=True)
    nora.goto(link)
    expect(nora.locator("main")).to_contain_text("as operator in every environment")
    assert link not in nora.url
    nora.get_by_label("User name").fill("nora")
    nora.get_by_label("Password").fill(GOOD)
    nora.get_by_label("The same again").fill(GOOD)
    nora.get_by_role("button", name="Make my account").click()
    nora.get_by_label("User name or e-mail").fill("nora")
    nora.get_by_label("Password").fill(GOOD)
    nora.get_by_role("button", name="Sign in").click()
    expect(nora).to_have_url(re.compile(r":\d+/$"))
    watched = LogPage(nora)
    watched.open(run.pk)
    expect(watched.live).to_have_attribute("data-state", "live", timeout=SLOW)

    desk = people.somebody()
    desk.goto("/accounts/login/")
    desk.get_by_label("User name or e-mail").fill("nora@example.org")
    desk.get_by_label("Password").fill(GOOD)
    desk.get_by_role("button", name="Sign in").click()
    desk.goto("/accounts/2fa/totp/activate/")
    desk.get_by_label("Password").fill(GOOD)
    desk.get_by_role("button", name="Confirm").click()
    desk.get_by_label("Authenticator code").fill(code_of(desk.get_by_label("Authenticator secret").input_value()))
    desk.get_by_role("button", name="Activate").click()
    desk.goto("/migrations/new/")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("New migration")

    desk.goto("/settings/sessions/")
    other = desk.get_by_role("row").filter(has_not_text="this browser").filter(has_text="by password")
    other.get_by_role("button", name="Sign out").click()
    desk.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(desk.locator("body")).to_contain_text("that browser has to sign in again")

    expect(watched.live).to_have_attribute("data-state", "closed", timeout=NEXT_CHECK)
    expect(nora.locator("body")).to_contain_text("You are not signed in any more.")
    nora.goto("/")
    expect(nora.get_by_role("heading", name="Sign in")).to_be_visible()
