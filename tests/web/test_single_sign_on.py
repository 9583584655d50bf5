"""Single sign-on against a provider that is another process: real HTTP, real signatures."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from migrations_app.live.admission import Admitted, _judge
from migrations_app.models import AuditEntry, ExternalIdentity, Person, PolicyVersion
from migrations_app.runtime import rates
from migrations_app.services import policies
from migrations_app.services.actor import Actor
from migrations_app.services.permissions import Permission, access_of
from tests.cast import NOW, Cast, actor_of
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, provider_process
from tests.runs import a_run
from tests.stores_on_disk import Stage, newest
from tests.web.door import five_minutes_later, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
NORA = {
    "sub": "nora-1",
    "email": "Nora@Example.org",
    "email_verified": True,
    "preferred_username": "nora",
    "name": "Nora New",
    "groups": ["sre"],
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider_process() as found:
        yield found


@pytest.fixture(autouse=True)
def configured(settings: Settings, issuer: str, cast: Cast) -> None:
    settings.SNAKEWEB_OIDC_ISSUER = issuer
    settings.SNAKEWEB_OIDC_CLIENT_ID = CLIENT_ID
    settings.SNAKEWEB_OIDC_CLIENT_SECRET = CLIENT_SECRET
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["operator@staging", "viewer"], "leads": ["approver"]}


def back_from(address: str, claims: dict[str, Any], broken: str = "") -> str:
    """Where the provider sends the browser that was sent there."""
    more = urlencode({"claims": json.dumps(claims), "break": broken})
    return httpx.get(f"{address}&{more}", trust_env=False).headers["Location"].removeprefix("http://testserver")


def sign_on(client: Client, claims: dict[str, Any], broken: str = "", onwards: str = "/runs/") -> HttpResponse:
    begun = client.get("/accounts/single-sign-on/", {"next": onwards})
    assert begun.status_code == 302, begun.content
    return client.get(back_from(begun["Location"], claims, broken))


def test_somebody_of_a_group_with_a_role_gets_an_account_and_exactly_that(cast: Cast) -> None:
    client = Client()
    assert "Sign in with single sign-on" in client.get("/accounts/login/").content.decode()

    assert sign_on(client, NORA)["Location"] == "/runs/"

    person = Person.objects.get(username="nora")
    assert (person.email, person.get_full_name(), person.has_usable_password()) == (
        "nora@example.org",
        "Nora New",
        False,
    )
    assert (person.is_staff, person.is_superuser) == (False, False)
    access = access_of(actor_of(person, NOW))
    assert access.environments(Permission.AUTHOR) == {cast.environments["staging"].pk}
    assert access.can(Permission.VIEW, None)
    assert not access.anywhere(Permission.SIGN)
    assert not access.anywhere(Permission.MANAGE_PEOPLE)
    assert "by single sign-on" in client.get("/settings/sessions/").content.decode()

    sign_on(Client(), {**NORA, "email": "elsewhere@example.org", "groups": ["leads"]})  # known by the subject alone
    access = access_of(actor_of(person, NOW))
    assert access.anywhere(Permission.SIGN)
    assert not access.anywhere(Permission.AUTHOR)
    assert Person.objects.filter(username__startswith="nora").count() == 1
    said = {row.action for row in AuditEntry.objects.all()}
    assert {"person.create", "person.link", "person.edit", "grant.create"} <= said


@pytest.mark.parametrize("broken", ["nonce", "issuer", "audience", "expired", "signature", "unsigned"])
def test_a_token_that_is_not_exactly_as_it_has_to_be_lets_nobody_in(cast: Cast, broken: str) -> None:
    client = Client()
    refused = sign_on(client, NORA, broken)
    assert refused.status_code == 403
    assert "You were not signed in" in refused.content.decode()
    assert client.get("/settings/").status_code == 302
    assert not Person.objects.filter(username="nora").exists()


def test_what_was_begun_is_finished_once_and_in_that_browser(cast: Cast) -> None:
    client, stranger = Client(), Client()
    leaving = client.get("/accounts/single-sign-on/")["Location"]
    asked = parse_qs(urlsplit(leaving).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert CLIENT_SECRET not in leaving
    back = back_from(leaving, NORA)

    assert stranger.get(back).status_code == 400
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 400  # the state is gone

    again = client.get("/accounts/single-sign-on/")["Location"]
    state = parse_qs(urlsplit(again).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    replayed = client.get("/accounts/single-sign-on/back/", {"code": code, "state": state})
    assert replayed.status_code == 403  # the code is used up, and was for another verifier
    assert client.get("/accounts/single-sign-on/back/", {"error": "access_denied", "state": "x"}).status_code == 400
    assert client.get("/settings/").status_code == 302


def test_two_tabs_have_a_sign_in_each(cast: Cast) -> None:
    client = Client()
    onwards = ("/runs/", "/targets/", "", "/audit/")
    begun = [client.get("/accounts/single-sign-on/", {"next": path})["Location"] for path in onwards]
    assert client.get("/accounts/single-sign-on/back/", {"code": "x", "state": "x"}).status_code == 400
    assert client.get(back_from(begun[0], NORA))["Location"] == "/runs/"
    assert [kept["next"] for kept in client.session["single_sign_on_begun"].values()] == ["/targets/", "/", "/audit/"]

    count = len(client.session["account_authentication_methods"])
    assert client.get(back_from(begun[1], NORA))["Location"] == "/targets/"
    assert client.get(back_from(begun[2], NORA))["Location"] == "/"
    other = client.get(back_from(begun[3], {**NORA, "sub": "somebody-else"}))
    assert (other.status_code, "sign out here first" in other.content.decode()) == (403, True)
    assert len(client.session["account_authentication_methods"]) == count, "nobody was asked to show anything"
    assert client.get("/settings/").status_code == 200


def test_what_was_begun_is_for_a_quarter_of_an_hour(cast: Cast) -> None:
    client = Client()
    begun = client.get("/accounts/single-sign-on/")["Location"]
    session = client.session
    for kept in session["single_sign_on_begun"].values():
        kept["begun_at"] -= 901
    session.save()
    assert client.get(back_from(begun, NORA)).status_code == 400
    assert client.get("/settings/").status_code == 302


def test_ways_to_the_provider_and_back_are_counted(cast: Cast, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = {"single_sign_on_address": "2/hour"}
    rates._of.cache_clear()
    assert sign_on(Client(), NORA).status_code == 302
    for path in ("/accounts/single-sign-on/", "/accounts/single-sign-on/back/?state=x"):
        assert Client().get(path).status_code == 429


@pytest.mark.parametrize(
    "claims",
    [
        {**NORA, "email_verified": False},
        {**NORA, "email_verified": "true"},
        {k: v for k, v in NORA.items() if k != "email"},
        {**NORA, "groups": ["nobody's"]},
        {**NORA, "groups": []},
        {**NORA, "email": "viewer@example.org"},  # an account whose address was never shown to be theirs
    ],
)
def test_whom_the_provider_does_not_vouch_for_gets_nothing(cast: Cast, claims: dict[str, Any]) -> None:
    client = Client()
    assert sign_on(client, claims).status_code == 403
    assert client.get("/settings/").status_code == 302
    assert not ExternalIdentity.objects.exists()
    assert AuditEntry.objects.filter(action="person.sign_on", outcome="denied").count() == 1


def test_an_account_is_linked_by_an_address_that_both_sides_verified(cast: Cast) -> None:
    viewer = cast.people["viewer"]
    EmailAddress.objects.create(user=viewer, email="viewer@example.org", verified=True, primary=True)
    claims = {**NORA, "email": "Viewer@example.org", "groups": []}

    assert sign_on(Client(), claims).status_code == 302
    assert ExternalIdentity.objects.get().person == viewer
    assert {group.name for group in viewer.groups.all()} == {"viewers"}  # its own membership stays

    assert sign_on(Client(), {**claims, "sub": "somebody-else"}).status_code == 403
    Person.objects.filter(pk=viewer.pk).update(is_active=False)
    assert sign_on(Client(), claims).status_code == 403


def test_a_superuser_is_not_linked_by_an_address(cast: Cast) -> None:
    boss = Person.objects.create_superuser("boss", "boss@example.org")
    EmailAddress.objects.create(user=boss, email="boss@example.org", verified=True, primary=True)
    assert sign_on(Client(), {**NORA, "email": "boss@example.org"}).status_code == 403


def test_a_role_that_asks_for_a_second_factor_takes_the_providers_where_it_is_named(
    cast: Cast, settings: Settings
) -> None:
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("operator",)
    settings.SNAKEWEB_OIDC_SECOND_FACTORS = ("otp",)
    sign_on(Client(), {**NORA, "amr": ["pwd"]})
    nora = Person.objects.get(username="nora")

    def may() -> bool:
        return access_of(actor_of(nora, NOW)).anywhere(Permission.AUTHOR)

    assert not may()
    sign_on(Client(), {**NORA, "amr": ["pwd", "otp"]})
    assert may()
    nora.set_password("one with which the provider is not asked")
    nora.save()
    assert not may()


def test_the_providers_second_factor_is_of_the_session_in_which_it_was_shown(cast: Cast, settings: Settings) -> None:
    settings.SNAKEWEB_SECOND_FACTOR_ROLES, settings.SNAKEWEB_OIDC_SECOND_FACTORS = ("operator",), ("otp",)
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["operator"]}
    path, without, shown = f"/runs/{a_run().pk}/", Client(), Client()

    def doors(client: Client) -> list[bool]:
        """Page, API, socket."""
        seen = _judge({"session": client.session, "client": ("127.0.0.1", 1)}, int(path.split("/")[2]), asked=True)
        answers = [client.get(path).status_code, client.get(f"/api/v1{path[:-1]}").status_code]
        return [*(status == 200 for status in answers), isinstance(seen, Admitted)]

    sign_on(without, {**NORA, "amr": ["pwd"]})
    sign_on(shown, {**NORA, "amr": ["pwd", "otp"]})
    assert (doors(without), doors(shown)) == ([False] * 3, [True] * 3)
    assert "is not in force" in without.get("/settings/").content.decode()
    assert "is not in force" not in shown.get("/settings/").content.decode()

    sign_on(Client(), {**NORA, "amr": ["pwd"]})  # a third browser takes nothing from the second, either
    assert doors(shown) == [True] * 3
    sign_on(without, {**NORA, "amr": ["pwd", "otp"]})  # shown once more
    assert doors(without) == [True] * 3


def test_a_local_second_factor_is_asked_for_too(cast: Cast) -> None:
    client = Client()
    sign_on(client, NORA)
    TOTP.activate(Person.objects.get(username="nora"), generate_totp_secret())
    client.post("/accounts/logout/")

    assert sign_on(client, NORA)["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/settings/").status_code == 302


def test_somebody_shows_once_more_that_it_is_them(cast: Cast) -> None:
    client = Client()
    sign_on(client, NORA)
    five_minutes_later(client)
    count = len(client.session["account_authentication_methods"])

    assert sign_on(client, NORA, "old").status_code == 403  # the provider did not ask again
    assert sign_on(client, {**NORA, "sub": "somebody-else"}).status_code == 403
    assert len(client.session["account_authentication_methods"]) == count
    assert sign_on(client, NORA, onwards="https://elsewhere.example/")["Location"] == "/"
    assert client.session["account_authentication_methods"][-1]["reauthenticated"]


def test_what_the_provider_tells_when_it_is_asked_again_holds_from_then_on(cast: Cast) -> None:
    client, leads = Client(), {**NORA, "groups": ["sre", "leads"]}
    begun = [client.get("/accounts/single-sign-on/")["Location"] for _ in range(2)]
    client.get(back_from(begun[0], leads))
    nora = Person.objects.get(username="nora")
    assert access_of(actor_of(nora, NOW)).anywhere(Permission.SIGN)
    sign_on(client, NORA)
    assert not access_of(actor_of(nora, NOW)).anywhere(Permission.SIGN)
    client.get(back_from(begun[1], leads))  # and so in another tab
    assert access_of(actor_of(nora, NOW)).anywhere(Permission.SIGN)


def test_a_sign_in_that_nobody_was_asked_for_shows_nothing(stage: Stage, settings: Settings) -> None:
    """Out, and in again without a word: the provider knows the browser, whoever sits there."""
    settings.SNAKEWEB_OIDC_SECOND_FACTORS = ("otp",)
    client, leads = Client(), {**NORA, "groups": ["leads"]}
    migration = stage.planned()
    signed_in("operator").post(f"/migrations/{migration.pk}/submit/")
    path, digest = f"/migrations/{migration.pk}/sign/", newest(migration).digest
    for broken in ("", "old"):
        sign_on(client, leads, broken)
        for answer in (client.get(path), client.post(path, {"decision": "approve", "digest": digest})):
            assert answer["Location"] == f"/accounts/single-sign-on/?{urlencode({'next': path})}"
        for wanted in ("/accounts/password/set/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
            assert client.get(wanted)["Location"] == f"/accounts/single-sign-on/?{urlencode({'next': wanted})}"
        client.post("/accounts/logout/")

    sign_on(client, leads)
    assert sign_on(client, leads, onwards="/accounts/2fa/totp/activate/").status_code == 302
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert client.get(path).status_code == 200

    sign_on(client, {**leads, "amr": ["pwd", "otp"]})
    sign_on(Client(), leads)  # another browser's says nothing of this signature
    client.post(path, {"decision": "approve", "digest": digest, "read_back": digest[:4]})
    signed = json.loads(bytes(AuditEntry.objects.get(action="review.approve").body))["after"]
    assert (signed["shown_by"], signed["second_factor"]) == ("single_sign_on", True)

    five_minutes_later(client)
    late = client.post("/accounts/password/set/", {"password1": "four unrelated words", "password2": "and others"})
    assert client.get(late["Location"])["Location"].startswith("/accounts/single-sign-on/")
    back = sign_on(client, leads, onwards=late["Location"])
    assert "type the new password again; none was set" in client.get(back["Location"]).content.decode()


def test_what_was_posted_is_done_once_the_provider_asked_again_and_never_later(
    admins: tuple[Actor, Actor], cast: Cast, settings: Settings, now: datetime
) -> None:
    settings.SNAKEWEB_SIGN_ON_ROLES = {"leads": ["admin"]}
    client, leads = Client(), {**NORA, "groups": ["leads"]}
    sign_on(client, leads)
    made = policies.propose(actor=admins[0], now=now, name="Mine", conditions={}, requirements=[])
    confirm, sent = f"/policies/{made}/confirm/", {"number": "1"}

    asked = client.post(confirm, sent)
    assert asked["Location"] == f"/accounts/single-sign-on/?{urlencode({'next': confirm})}"
    assert sign_on(client, {**leads, "sub": "somebody-else"}, onwards=confirm).status_code == 403
    assert STATE_SESSION_KEY not in client.session
    client.post(confirm, sent)
    assert sign_on(client, leads, onwards="/targets/")["Location"] == "/targets/"
    assert STATE_SESSION_KEY not in client.session
    assert PolicyVersion.objects.get(policy=made).state == "proposed"

    five_minutes_later(client)
    client.post(confirm, sent)
    done = sign_on(client, leads, onwards=confirm)
    assert done["Location"] == f"/policies/{made}/"
    assert PolicyVersion.objects.get(policy=made).state == "active"
    assert STATE_SESSION_KEY not in client.session


def test_the_table_alone_gives_roles(cast: Cast, settings: Settings) -> None:
    sign_on(Client(), NORA)
    nora = Person.objects.get(username="nora")
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["auditor", "operator@not-there"]}
    sign_on(Client(), NORA)
    access = access_of(actor_of(nora, NOW))
    assert access.anywhere(Permission.READ_AUDIT)
    assert not access.anywhere(Permission.AUTHOR)
    settings.SNAKEWEB_SIGN_ON_ROLES = {}
    sign_on(Client(), NORA)  # who has an account signs in, and holds nothing
    assert not access_of(actor_of(nora, NOW)).anywhere(Permission.VIEW)


def test_without_a_provider_there_is_none(settings: Settings) -> None:
    settings.SNAKEWEB_OIDC_ISSUER = ""
    assert Client().get("/accounts/single-sign-on/").status_code == 404
    assert Client().get("/accounts/single-sign-on/back/").status_code == 404
    assert "single sign-on" not in Client().get("/accounts/login/").content.decode()


def test_a_provider_that_does_not_answer_signs_nobody_in(settings: Settings) -> None:
    settings.SNAKEWEB_OIDC_ISSUER = "http://127.0.0.1:9"
    answer = Client().get("/accounts/single-sign-on/")
    assert (answer.status_code, "does not answer" in answer.content.decode()) == (503, True)
    settings.SNAKEWEB_OIDC_ISSUER = "http://provider.example"
    assert "over https only" in Client().get("/accounts/single-sign-on/").content.decode()
    assert signed_in("viewer").get("/settings/").status_code == 200


def test_whose_fault_it_is_that_nobody_came_in_is_told_apart(settings: Settings, issuer: str) -> None:
    def answers(broken: str) -> tuple[int, bool]:
        answer = sign_on(Client(), NORA, broken)
        return answer.status_code, "Try again in a minute" in answer.content.decode() and "Retry-After" in answer

    assert [answers(broken) for broken in ("client", "down", "busy")] == [(503, True)] * 3
    assert [answers(broken) for broken in ("denied", "nonce", "signature")] == [(403, False)] * 3

    client = Client()
    back = back_from(client.get("/accounts/single-sign-on/")["Location"], NORA)
    for gone in ("http://127.0.0.1:9", f"{issuer}/"):
        settings.SNAKEWEB_OIDC_ISSUER = gone
        assert client.get(back).status_code == 503
        settings.SNAKEWEB_OIDC_ISSUER = issuer
        back = back_from(client.get("/accounts/single-sign-on/")["Location"], NORA)
    assert client.get(back).status_code == 302
