"""Single sign-on by SAML against a provider that is another process: real HTTP, real signatures."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from migrations_app.engine.hiding import redact_text
from migrations_app.models import AuditEntry, ExternalIdentity, Person, SignOnAnswer
from migrations_app.runtime import rates
from migrations_app.services.permissions import Permission, access_of
from tests.cast import NOW, PASSWORD, Cast, actor_of
from tests.saml_provider import ENTITY_ID, IdentityProvider, provider_process, request_of
from tests.web.door import five_minutes_later, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
BEGIN, ANSWER = "/accounts/single-sign-on/", "/accounts/single-sign-on/saml/answer/"
REFUSED = ("signature", "unsigned", "sha1", "wrapped_beside", "audience", "recipient", "expired", "unasked")
REFUSED += ("bomb", "comment", "tampered", "transient")
NORA = {"sub": "nora-1", "email": "Nora@Example.org", "username": "nora", "name": "Nora New", "groups": ["sre"]}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with provider_process(tmp_path_factory.mktemp("provider")) as found:
        yield found


@pytest.fixture(autouse=True)
def configured(settings: Settings, idp: IdentityProvider, cast: Cast) -> None:
    settings.SNAKEWEB_SAML = idp.settings()
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["operator@staging", "viewer"], "leads": ["approver"]}


def said_at(address: str, claims: dict[str, Any], broken: str = "") -> dict[str, str]:
    """The form that the provider has the browser post."""
    page = httpx.get(f"{address}&{urlencode({'claims': json.dumps(claims), 'break': broken})}", trust_env=False).text
    action, value = re.findall(r'(?:action|value)="([^"]*)"', page)
    assert action == f"http://testserver{ANSWER}"
    return {"SAMLResponse": html.unescape(value)}


def posted(form: dict[str, str]) -> HttpResponse:
    """From another site: the browser sends no cookie, and must not be given one in place of its own."""
    answer = Client(enforce_csrf_checks=True, headers={"Origin": "https://identity.example"}).post(ANSWER, form)
    assert not answer.cookies
    return answer


def begun(client: Client, onwards: str = "/runs/") -> str:
    answer = client.get(BEGIN, {"next": onwards})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def sign_on(client: Client, claims: dict[str, Any], broken: str = "", onwards: str = "/runs/") -> HttpResponse:
    answer = posted(said_at(begun(client, onwards), claims, broken))
    return client.get(answer["Location"]) if answer.status_code == 303 else answer


def test_somebody_of_a_group_with_a_role_gets_an_account_and_exactly_that(cast: Cast) -> None:
    client = Client()
    assert "Sign in with Company login" in client.get("/accounts/login/").content.decode()

    assert sign_on(client, NORA)["Location"] == "/runs/"

    person = Person.objects.get(username="nora")
    assert (person.email, person.get_full_name(), person.has_usable_password()) == (
        "nora@example.org",
        "Nora New",
        False,
    )
    assert client.get("/settings/").status_code == 200
    access = access_of(actor_of(person, NOW))
    assert access.environments(Permission.AUTHOR) == {cast.environments["staging"].pk}
    assert not access.anywhere(Permission.SIGN)
    row = ExternalIdentity.objects.get()
    assert (row.issuer, row.subject, row.person) == (ENTITY_ID, "nora-1", person)

    sign_on(Client(), {**NORA, "email": "elsewhere@example.org", "groups": ["leads"]})  # known by the name alone
    assert access_of(actor_of(person, NOW)).anywhere(Permission.SIGN)
    assert Person.objects.filter(username__startswith="nora").count() == 1


@pytest.mark.parametrize("broken", REFUSED)
def test_an_answer_that_is_not_exactly_as_it_has_to_be_lets_nobody_in(cast: Cast, broken: str) -> None:
    client = Client()
    refused = sign_on(client, NORA, broken)
    assert refused.status_code == 403
    assert "You were not signed in" in refused.content.decode()
    assert client.get("/settings/").status_code == 302
    assert not Person.objects.filter(username="nora").exists()
    assert not SignOnAnswer.objects.exists()


def test_what_was_begun_is_finished_once_and_in_that_browser(cast: Cast) -> None:
    client, stranger = Client(), Client()
    form = said_at(begun(client), NORA)
    onwards = posted(form)["Location"]
    assert redact_text(f"GET {onwards}").endswith("?code=•••")

    assert posted(form).status_code == 403  # the assertion was used
    assert stranger.get(onwards).status_code == 400  # nothing was begun there
    begun(stranger)
    assert stranger.get(onwards).status_code == 403  # another sign-in was
    assert stranger.get("/settings/").status_code == 302

    assert client.get(onwards).status_code == 302
    assert client.get("/settings/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get(onwards).status_code == 400  # nothing is begun any more
    begun(client)
    assert client.get(onwards).status_code == 403
    assert client.get("/settings/").status_code == 302
    refused = AuditEntry.objects.filter(outcome="denied").values_list("action", flat=True)
    assert sorted(refused) == ["page.open", "sign_on_answer.keep", "sign_on_answer.take"]


def test_handles_that_were_made_up_are_one_entry_of_the_trail(cast: Cast) -> None:
    client = Client()
    begun(client)
    for number in range(4):
        assert client.get("/accounts/single-sign-on/saml/back/", {"code": f"x{number}"}).status_code == 403
    assert list(AuditEntry.objects.filter(outcome="denied").values_list("action", flat=True)) == ["page.open"]


def test_two_tabs_have_a_sign_in_each(cast: Cast) -> None:
    client = Client()
    first, second = begun(client, "/runs/"), begun(client, "/targets/")
    # The other one is not lost, whatever came of it meanwhile.
    assert client.get("/accounts/single-sign-on/saml/back/", {"code": "x"}).status_code == 403
    assert client.get(posted(said_at(first, NORA))["Location"])["Location"] == "/runs/"
    client.post("/accounts/logout/")

    client = Client()
    first, second = begun(client, "/runs/"), begun(client, "/targets/")
    assert client.get(posted(said_at(second, NORA))["Location"])["Location"] == "/targets/"
    assert [kept["next"] for kept in client.session["saml_begun"].values()] == ["/runs/"]
    assert client.get(posted(said_at(first, NORA))["Location"])["Location"] == "/runs/"  # the same person goes on


def test_what_anybody_may_post_is_counted_by_itself_and_where_there_is_a_provider(
    cast: Cast, settings: Settings
) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = dict.fromkeys(("sign_in_address", "saml_answers_address"), "1/hour")
    rates._of.cache_clear()
    known = settings.SNAKEWEB_SAML
    settings.SNAKEWEB_SAML = {**known, "metadata": ""}
    assert [Client().post(ANSWER).status_code for _ in range(2)] == [404, 404]
    settings.SNAKEWEB_SAML = known
    assert posted({"": "x"}).status_code == 403
    refused = posted({})
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    given = {"login": "operator", "password": PASSWORD}
    assert Client().post("/accounts/login/", given).status_code == 302  # nobody is kept out by it


def test_ways_to_the_provider_and_back_are_counted(cast: Cast, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = {"single_sign_on_address": "3/hour"}
    rates._of.cache_clear()
    assert sign_on(Client(), NORA).status_code == 302
    assert Client().head(BEGIN).status_code == 302
    for path in (BEGIN, "/accounts/single-sign-on/saml/back/?code=x"):
        client = Client()
        assert client.get(path).status_code == 429
        assert not client.cookies


def test_a_request_that_is_long_ago_is_answered_by_nobody(cast: Cast) -> None:
    client = Client()
    onwards = posted(said_at(begun(client), NORA))["Location"]
    session = client.session
    for kept in session["saml_begun"].values():
        kept["begun_at"] -= 901
    session.save()
    assert client.get(onwards).status_code == 400


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "nora-1", "groups": ["sre"]},
        {**NORA, "groups": ["nobody's"]},
        {**NORA, "email": "viewer@example.org"},  # an account whose address was never shown to be theirs
    ],
)
def test_whom_the_provider_does_not_vouch_for_gets_nothing(cast: Cast, claims: dict[str, Any]) -> None:
    client = Client()
    assert sign_on(client, claims).status_code == 403
    assert client.get("/settings/").status_code == 302
    assert not ExternalIdentity.objects.exists()


def test_addresses_count_as_verified_only_where_a_setting_says_so(
    cast: Cast, settings: Settings, idp: IdentityProvider
) -> None:
    settings.SNAKEWEB_SAML = {**idp.settings(), "email_verified": False}
    assert "does not vouch for your mail address" in sign_on(Client(), NORA).content.decode()
    assert not Person.objects.filter(username="nora").exists()
    settings.SNAKEWEB_SAML = idp.settings()
    sign_on(Client(), NORA)
    settings.SNAKEWEB_SAML = {**idp.settings(), "email_verified": False}
    assert sign_on(Client(), NORA).status_code == 302  # who was here before is known by the name


def test_a_role_that_asks_for_a_second_factor_takes_the_providers_where_it_is_named(
    cast: Cast, settings: Settings, idp: IdentityProvider
) -> None:
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("operator",)
    settings.SNAKEWEB_SAML = {**idp.settings(), "second_factors": ("https://refeds.org/profile/mfa",)}
    sign_on(Client(), NORA)
    nora = Person.objects.get(username="nora")
    assert not access_of(actor_of(nora, NOW)).anywhere(Permission.AUTHOR)
    sign_on(Client(), {**NORA, "class": "https://refeds.org/profile/mfa"})
    assert access_of(actor_of(nora, NOW)).anywhere(Permission.AUTHOR)


def test_somebody_shows_once_more_that_it_is_them(cast: Cast) -> None:
    client = Client()
    sign_on(client, NORA)
    five_minutes_later(client)
    count = len(client.session["account_authentication_methods"])

    asked = client.get("/accounts/reauthenticate/?next=/targets/")  # they have no password
    assert asked["Location"] == f"{BEGIN}?next=%2Ftargets%2F"
    assert request_of(begun(client)).get("ForceAuthn") == "true"
    silent = Client()
    sign_on(silent, NORA)  # its time is that of the answer, as some providers write it of people whom nobody asked
    assert silent.get("/accounts/2fa/totp/activate/")["Location"].startswith(BEGIN)
    assert "did not ask again" in sign_on(client, NORA, "old").content.decode()
    assert sign_on(client, {**NORA, "sub": "somebody-else"}).status_code == 403
    assert len(client.session["account_authentication_methods"]) == count
    assert sign_on(client, NORA, onwards="https://elsewhere.example/")["Location"] == "/"
    assert client.session["account_authentication_methods"][-1]["reauthenticated"]


def test_what_was_begun_by_a_stranger_shows_nothing_again(cast: Cast) -> None:
    """The provider was not told to ask: it may have known the browser for hours."""
    client = signed_in("viewer")
    anonymous = Client()
    onwards = posted(said_at(begun(anonymous), NORA))["Location"]
    session = client.session
    session["saml_begun"] = anonymous.session["saml_begun"]
    session.save()
    refused = client.get(onwards)
    assert (refused.status_code, "sign out here first" in refused.content.decode()) == (403, True)
    assert [each["method"] for each in client.session["account_authentication_methods"]] == ["password"]


def test_the_metadata_are_for_whoever_makes_us_known(settings: Settings, idp: IdentityProvider) -> None:
    answer = Client().get("/accounts/single-sign-on/saml/metadata/")
    assert answer["Content-Type"] == "application/samlmetadata+xml"
    assert f'Location="http://testserver{ANSWER}"' in answer.content.decode()
    settings.SNAKEWEB_SAML = {**idp.settings(), "metadata": "/not/there.xml"}
    ways = (BEGIN, "/accounts/single-sign-on/saml/metadata/", "/accounts/single-sign-on/saml/back/?code=x")
    for refused in [*(Client().get(path) for path in ways), Client().post(ANSWER)]:
        assert (refused.status_code, "/not/there" in refused.content.decode()) == (503, False)
        assert int(refused["Retry-After"]) > 0
    settings.SNAKEWEB_SAML = {**idp.settings(), "metadata": ""}
    for path in (BEGIN, "/accounts/single-sign-on/saml/metadata/", "/accounts/single-sign-on/saml/back/"):
        assert Client().get(path).status_code == 404
    assert Client().post(ANSWER).status_code == 404
    assert "single sign-on" not in Client().get("/accounts/login/").content.decode()
