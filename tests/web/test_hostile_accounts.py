"""What somebody would try at the ways in: planted sessions, poisoned links, links and codes used twice."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from migrations_app.live.admission import Admitted, _judge
from migrations_app.models import Person
from migrations_app.services import tokens
from migrations_app.testing.servers import free_port
from tests.cast import NOW, PASSWORD, Cast, actor_of
from tests.parallel import at_once
from tests.runs import a_run
from tests.web.door import shown_again, signed_in

pytestmark = pytest.mark.django_db
NEW = "four unrelated words here"
RESET = "/accounts/password/reset/"
#: What differs from one answer to the next, whoever asks.
PASSING = re.compile(r'value="[^"]*"|nonce="[^"]*"|X-CSRFToken": "[^"]*"')


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Limits of earlier tests."""
    cache.clear()
    yield
    cache.clear()


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"http://\S+", str(message.body))
    assert found, message.body
    return found[0]


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(cast: Cast) -> None:
    client, attacker = Client(), Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = attacker.cookies["sessionid"] = session.session_key
    client.post("/accounts/login/", {"login": "operator", "password": PASSWORD})

    assert client.get("/settings/").status_code == 200
    assert key_of(client) != session.session_key
    assert attacker.get("/settings/").status_code == 302


def test_a_new_password_changes_the_session_and_ends_the_others(cast: Cast) -> None:
    client, other = signed_in("operator"), signed_in("operator")
    before = key_of(client)
    changed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", changed).status_code == 302

    assert key_of(client) != before
    assert client.get("/settings/").status_code == 200
    assert other.get("/settings/").status_code == 302


def test_whoever_asks_for_a_new_password_learns_nothing_of_who_is_there(cast: Cast) -> None:
    known, unknown = "operator@example.org", "nobody@example.org"
    Person.objects.filter(username="operator").update(email=known)
    answers = []
    for address in (known, unknown):
        answer = Client().post(RESET, {"email": address}, follow=True)
        body = PASSING.sub("", answer.content.decode()).replace(address, "A")
        answers.append((answer.redirect_chain, body))

    assert answers[0] == answers[1]
    assert [message.to for message in mail.outbox if "/password/reset/key/" in str(message.body)] == [[known]]


@pytest.mark.parametrize("address", ["operator@example.org", "nobody@example.org"])
def test_without_a_mail_server_the_form_says_so_whoever_is_meant(cast: Cast, settings: Settings, address: str) -> None:
    Person.objects.filter(username="operator").update(email="operator@example.org")
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = free_port()

    answer = Client(headers={"Referer": f"http://testserver{RESET}"}).post(RESET, {"email": address}, follow=True)

    assert answer.redirect_chain == [(RESET, 302)]
    assert "no mail server took it. Nothing was changed. Try again" in answer.content.decode()


def test_a_link_to_a_new_password_leads_here_whatever_the_request_says(cast: Cast) -> None:
    Person.objects.filter(username="operator").update(email="operator@example.org")
    asked = {"email": "operator@example.org"}
    assert Client(headers={"Host": "evil.example"}).post(RESET, asked).status_code == 400
    assert mail.outbox == []

    Client(headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}).post(RESET, asked)
    assert link_in(mail.outbox[0]).startswith("http://testserver/")
    assert "evil" not in str(mail.outbox[0].message())


def test_such_a_link_works_once_and_for_a_while(cast: Cast, settings: Settings) -> None:
    Person.objects.filter(username="operator").update(email="operator@example.org")
    Client().post(RESET, {"email": "operator@example.org"})
    link = link_in(mail.outbox[0]).removeprefix("http://testserver")
    chosen = {"password1": NEW, "password2": NEW}

    limit = settings.PASSWORD_RESET_TIMEOUT
    assert limit <= 3 * 24 * 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "password1" not in Client().get(link, follow=True).content.decode()
    settings.PASSWORD_RESET_TIMEOUT = limit

    client, late = Client(), Client()
    for each in (client, late):
        form = each.get(link, follow=True)
        assert "password1" in form.content.decode()
        here = form.redirect_chain[-1][0]
    assert client.post(here, chosen).status_code == 302
    late.post(here, {"password1": "another one altogether", "password2": "another one altogether"})

    person = Person.objects.get(username="operator")
    assert person.check_password(NEW)
    assert "password1" not in Client().get(link, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_semantics
def test_a_recovery_code_works_once_for_two_at_once(cast: Cast) -> None:
    codes = RecoveryCodes.activate(cast.people["operator"])
    code = codes.get_unused_codes()[0]

    def used() -> bool:
        held = Authenticator.objects.get(pk=codes.instance.pk)
        return bool(RecoveryCodes(held).validate_code(code))

    assert sorted(map(bool, at_once(*[used] * 4))) == [False, False, False, True]


def test_a_role_that_asks_for_a_second_factor_is_held_at_no_door_without_and_lost_with_the_last(
    cast: Cast, settings: Settings
) -> None:
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ["operator"]
    person, run = cast.people["operator"], a_run()
    client = signed_in("operator")
    clear = tokens.create(actor=actor_of(person, NOW), now=NOW, name="ci", scopes=["read"]).clear
    bearer = Client(headers={"Authorization": f"Bearer {clear}"})

    def doors() -> list[bool]:
        """Page, API by session, API by token, socket."""
        seen = _judge({"session": client.session, "client": ("127.0.0.1", 1)}, run.pk, asked=True)
        answers = [
            client.get(f"/runs/{run.pk}/"),
            client.get(f"/api/v1/runs/{run.pk}"),
            bearer.get(f"/api/v1/runs/{run.pk}"),
        ]
        return [*(answer.status_code == 200 for answer in answers), isinstance(seen, Admitted)]

    assert doors() == [False] * 4
    factor = TOTP.activate(person, generate_totp_secret()).instance
    RecoveryCodes.activate(person)
    assert doors() == [True] * 4
    shown_again(client, client.post("/accounts/2fa/totp/deactivate/"))
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=person).exists(), "recovery codes alone are no second factor"
    assert factor.user_id == person.pk
    assert doors() == [False] * 4
