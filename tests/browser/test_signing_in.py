import base64
import hmac
import re
import struct
import time
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from migrations_app.models import AuditEntry, Person
from tests.browser.pages import ConfirmPresencePage
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.cast import PASSWORD, Cast
from tests.parallel import in_thread
from tests.saml_provider import provider_process

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def test_a_person_signs_in_and_out_again(people: People) -> None:
    page = people.somebody()

    page.goto("/runs/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/runs/"))
    page.get_by_label("User name or e-mail").fill("operator")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/runs/$"))

    page.get_by_role("button", name=re.compile("Account of")).click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for(people: People) -> None:
    page = people.sign_in("approver")
    page.goto("/accounts/2fa/totp/activate/")
    ConfirmPresencePage(page).confirm()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    recovery = page.get_by_label("Unused codes").input_value().split()[0]

    another = people.somebody()
    another.goto("/accounts/login/")
    another.get_by_label("User name or e-mail").fill("approver")
    another.get_by_label("Password").fill(PASSWORD)
    another.get_by_role("button", name="Sign in").click()
    expect(another.get_by_role("heading", name="Second factor")).to_be_visible()
    another.get_by_role("textbox").fill(recovery)  # the app's code works once only
    another.get_by_role("button", name="Sign in").click()
    expect(another).to_have_url(re.compile(r":\d+/$"))


def test_a_copied_security_key_lets_nobody_in(people: People) -> None:
    """The browser's own virtual key stands in for one of metal; a relying party is a name, never an address.

    It is added, signs in, and then so does a copy from before, as whoever had the key for a minute would have it.
    """
    page = people.sign_in_at_name("approver")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = plugged_in(devices)
    page.goto("/accounts/2fa/webauthn/add/")
    ConfirmPresencePage(page).confirm()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    copied = devices.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"][0]

    page.goto("/")
    with_the_key(page)
    expect(page).to_have_url(re.compile(r":\d+/$"))

    devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    copy = {"authenticatorId": plugged_in(devices), "credential": copied}
    devices.send("WebAuthn.addCredential", copy)
    with_the_key(page)
    expect(page.locator("main")).to_contain_text("This security key was copied")
    page.goto("/settings/")
    expect(page).to_have_url(re.compile("/accounts/"))
    refused = in_thread(lambda: AuditEntry.objects.get(action="account.use_key"))
    assert (refused.actor, refused.outcome) == ("approver", "denied")


def test_somebody_signs_on_at_a_provider_of_another_site_and_shows_again_who_they_are(
    company: Cast, busy_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its post comes without our session, as browsers have it, and the page after it has the session again."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    (tmp_path / "provider").mkdir()
    with provider_process(tmp_path / "provider") as idp:
        monkeypatch.setenv("SNAKEWEB_SAML_METADATA", str(idp.metadata))
        monkeypatch.setenv("SNAKEWEB_SAML_NAME", "Company login")
        monkeypatch.setenv("SNAKEWEB_SAML_EMAIL_IS_VERIFIED", "1")
        monkeypatch.setenv("SNAKEWEB_SIGN_ON_ROLES", '{"sre": ["operator@staging"]}')
        busy_site.web()
        with People(busy_site.url.replace("127.0.0.1", "localhost")) as people:
            page = people.somebody()
            page.goto("/runs/")
            page.get_by_role("link", name="Sign in with Company login").click()
            page.get_by_role("button", name="Go on").click()
            expect(page).to_have_url(re.compile(r"//localhost:\d+/runs/$"))
            page.goto("/accounts/reauthenticate/?next=/targets/")
            page.get_by_role("button", name="Go on").click()
            expect(page).to_have_url(re.compile(r"/targets/$"))
            assert people.complaints == []
    assert in_thread(lambda: Person.objects.get(username="nora").email) == "nora@example.org"


def plugged_in(devices: CDPSession) -> str:
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True}
    key = {**options, "isUserVerified": True, "automaticPresenceSimulation": True}
    made: str = devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})["authenticatorId"]
    return made


def with_the_key(page: Page) -> None:
    """Out, and in again by password and key."""
    page.get_by_role("button", name=re.compile("Account of")).click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_label("User name or e-mail").fill("approver")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use a security key").click()


def code_of(secret: str) -> str:
    """The six digits that an authenticator app shows (RFC 6238)."""
    step = int(time.time()) // 30
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_somebody_without_a_role_is_told_what_to_do(people: People) -> None:
    page = people.sign_in("outsider")

    expect(page.locator("main")).to_contain_text("You have no role yet: ask an admin")
    page.goto("/migrations/new/")
    expect(page.locator("main")).to_contain_text("You are no operator in any environment")
    answer = page.goto("/environments/1/")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_contain_text("that you may see")
