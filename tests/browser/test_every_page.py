"""Every address that the URL resolver knows opens in Chromium in light and in dark, and nothing there complains.

None can be left out: the list is the resolver's own, and each address shows its own page unless it is named below. A
page is loaded once, by somebody who may see it, in light; then it is dark. Links are for `tests/doors/test_links.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Error, Page, Response

from migrations_app.admin import Asking
from migrations_app.models import ApiToken, Person
from migrations_app.runtime import composition
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.cast import PASSWORD
from tests.doors.rows import ENTRANCES, EVERYBODY, OWN, OWN_ACCOUNT, ROWS
from tests.doors.scene import Scene, scene
from tests.doors.walking import Address, addresses, path_of
from tests.parallel import in_thread
from tests.security_key import registered

pytestmark = [pytest.mark.browser, pytest.mark.servers]

#: The owner of what has one, a superuser with second factors, somebody who has shown a password only, and nobody.
OWNER, SUPERUSER, HALF_WAY, STRANGER = "operator", "root", "half-way", ""
#: Who opens what the table of the doors has no row for.
OPENED_BY = {
    "account_logout": (OWNER,),
    "mfa_activate_totp": (OWNER,),
    "mfa_authenticate": (HALF_WAY,),
    "mfa_index": (OWNER, SUPERUSER),
    "usersessions_list": (OWNER,),
}
#: Addresses that lead to another one's page.
LEADS_TO = {
    "account_confirm_login_code": "account_login",
    "account_set_password": "account_change_password",
    "admin:login": "admin:index",
    "invitation": "invitation_accept",
    "migration_compare": "migration_diff",
    "migration_edit": "sketch",
    "usersessions_list": "settings_sessions",
}
#: Addresses whose page is a refusal here.
REFUSES = {
    "admin:auth_group_delete": "people are members of it",
    "admin:autocomplete": "for fields of forms, of which none has it",
    "admin:migrations_app_person_delete": "people stay in the trail",
    "admin:view_on_site": "nothing of the administration has a page elsewhere",
    "saml_finish": "no provider is set up",
    "saml_metadata": "no provider is set up",
    "single_sign_on": "no provider is set up",
    "single_sign_on_finish": "no provider is set up",
    "styleguide": "only where Snakeweb is built",
}
QUERIES = {"migration_compare": "?before=1&after=1"}
UNNAMED = {"favicon.ico", "accounts/sessions/"}  # both lead to a named one
ONLY_POSTED = {"admin:logout"} | {row.split()[1] for row in ROWS if row.replace("POST", "GET") not in ROWS}
# Once what the change of the theme set off has been drawn.
BACKGROUND = """() => new Promise(told => requestAnimationFrame(() => requestAnimationFrame(() =>
    told(getComputedStyle(document.body).backgroundColor))))"""


@pytest.fixture
def there(transactional_db: None, tmp_path: Path) -> Iterator[Scene]:
    """One of everything, for another process to see."""
    made = scene(tmp_path / "stores")
    root = Person.objects.create_superuser(SUPERUSER, password=PASSWORD)
    Person.objects.filter(username=OWNER).update(is_superuser=True, is_staff=True)
    ApiToken.objects.update(person=Person.objects.get(username=OWNER))  # nobody else has a page of it
    TOTP.activate(root, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(root)
    made.numbers["pk"] = registered(root, count=0).pk
    yield made
    for key in list(composition.artifacts().keys("")):
        composition.artifacts().delete(key)


@pytest.fixture
def people(there: Scene, site: Site) -> Iterator[People]:
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    with People(site.url) as at_their_browsers:
        yield at_their_browsers


class Visitor:
    """Opens addresses and hears what is said against them: by scripts, by the policy of contents, by the server."""

    def __init__(self, page: Page, complaints: list[str]) -> None:
        self.page, self.complaints = page, complaints
        self.refused: list[str] = []
        page.on("response", self._answered)
        page.on("requestfailed", lambda request: self.refused.append(f"{request.failure} {request.url}"))

    def open(self, path: str) -> tuple[str, list[str]]:
        """The name of the address that it led to, and everything that is wrong there. A file is fetched."""
        self.refused.clear()
        self.complaints.clear()
        self.page.emulate_media(color_scheme="light")
        try:
            self.page.goto(path)
        except Error as error:
            if "Download is starting" not in error.message:
                raise
            answer = self.page.context.request.get(path)
            return name_of(answer.url), [] if answer.ok else [f"{answer.status} {answer.url}"]
        drawn = self.page.locator("link[rel=stylesheet]").count() > 0  # parts of pages and texts have no colours
        light = self.page.evaluate(BACKGROUND)
        self.page.emulate_media(color_scheme="dark")
        alike = drawn and self.page.evaluate(BACKGROUND) == light
        self.page.wait_for_function("() => !document.querySelector('.htmx-request')")
        return name_of(self.page.url), [*self.refused, *self.complaints, *(["as light in the dark"] if alike else [])]

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.refused.append(f"{answer.status} {answer.url}")


def name_of(url: str) -> str:
    return resolve(urlsplit(url).path).view_name


def signed_in(people: People, username: str) -> Page:
    """Having just shown the password once more, as signing and pages of the account ask."""

    def session() -> str:
        client = Client()
        client.force_login(Person.objects.get(username=username))
        assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
        return client.cookies["sessionid"].value

    page = people.somebody()
    page.context.add_cookies([{"name": "sessionid", "value": in_thread(session), "url": people.url}])
    return page


def half_way(people: People) -> Page:
    page = people.somebody()
    page.goto("/accounts/login/")
    page.get_by_label("User name or e-mail").fill(SUPERUSER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/2fa/authenticate/**")
    return page


def visitors_of(people: People) -> dict[str, Visitor]:
    pages = {who: signed_in(people, who) for who in (OWNER, SUPERUSER)}
    pages |= {HALF_WAY: half_way(people), STRANGER: people.somebody()}
    return {who: Visitor(page, people.complaints) for who, page in pages.items()}


def opened_by(name: str) -> tuple[str, ...]:
    asks = ROWS.get(f"GET {name}")
    if name in OPENED_BY:
        return OPENED_BY[name]
    if asks and asks.of == OWN:
        return (OWNER,)
    return (STRANGER,) if name in ENTRANCES or (asks and asks.of == EVERYBODY) else (SUPERUSER,)


def path_to(address: Address, there: Scene) -> str:
    if address.name == "invitation_accept":  # where the link of an invitation leads; nobody comes there otherwise
        return reverse("invitation", args=[there.numbers["clear"]])
    if not address.name.startswith("admin:"):
        return path_of(address, there) + QUERIES.get(address.name, "")
    model = model_of(address.name) or Person
    numbers = {
        "object_id": in_thread(lambda: model._default_manager.order_by("pk")[0].pk),
        "id": there.numbers["person_id"],
        "app_label": "migrations_app",
        "content_type_id": in_thread(lambda: ContentType.objects.get_for_model(Person).pk),
    }
    return reverse(address.name, kwargs={name: numbers[name] for name in address.arguments})


def model_of(name: str) -> type[Model] | None:
    """Of a page of the administration."""
    return next((m for m in admin.site._registry if f"_{m._meta.model_name}_" in name), None)


def refuses(name: str) -> bool:
    """What is only looked at in the administration has no forms there."""
    model = model_of(name) if name.startswith("admin:") else None
    browser = admin.site._registry.get(model) if model else None
    read_only = isinstance(browser, Asking) and browser.changed_with is None
    return name in REFUSES or (read_only and name.endswith(("_add", "_delete")))


def every_page() -> list[Address]:
    """Those of the own account first: the password was shown a moment ago. The API has no pages."""
    every = [a for a in addresses() if a.name not in ONLY_POSTED and not a.name.startswith("api:")]
    return sorted(every, key=lambda address: not address.name.startswith(OWN_ACCOUNT))


def without_a_name(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        where = f"{before}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from without_a_name(entry, where)
        elif isinstance(entry, URLPattern) and not entry.name:
            yield where


def test_no_page_is_without_a_name_and_no_exception_without_a_page() -> None:
    outside = {where for where in without_a_name(get_resolver()) if not where.startswith("admin/")}
    assert outside == UNNAMED
    assert {*OPENED_BY, *LEADS_TO, *REFUSES, *QUERIES} <= {address.name for address in every_page()}


def test_every_page_opens_in_both_themes_and_nothing_complains(there: Scene, people: People) -> None:
    visitors = visitors_of(people)
    wrong: list[str] = []
    for address in every_page():
        path = path_to(address, there)
        for who in opened_by(address.name):
            name, said = visitors[who].open(path)
            if refuses(address.name):
                itself = [each for each in said if each.endswith(path) and each[:3] in ("403", "404")]
                said = [each for each in said if each not in itself] if itself else ["does not refuse"]
            if name != LEADS_TO.get(address.name, address.name):
                said.append(f"leads {who or 'a stranger'} to {name}")
            wrong += [f"{address.name}: {each}" for each in said]
    assert wrong == []

    # and whatever it were, it would have been heard
    page = visitors[SUPERUSER].page
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("fetch('/nowhere/').then(() => { console.error('a script'); window.said = true; })")
    page.wait_for_function("() => window.said")
    refused, complained = people.complaints
    assert "Content Security Policy" in refused
    assert complained == "a script"
    assert visitors[SUPERUSER].refused == [f"404 {people.url}/nowhere/"]
