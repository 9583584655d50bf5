"""Whoever finds a session open makes no way in of their own (with a provider: `test_single_sign_on.py`)."""

import pytest
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from migrations_app.models import Person
from migrations_app.web.ways_in import ADDRESSES, PASSWORD, WAYS_IN
from tests.cast import PASSWORD as GIVEN
from tests.cast import Cast
from tests.doors.rows import ENTRANCES
from tests.doors.walking import addresses
from tests.web.door import five_minutes_later, shown_again, signed_in

pytestmark = pytest.mark.django_db
NEW = "four unrelated words here"
BEGIN = "/accounts/single-sign-on/"
#: Pages of the own account that change no way in. Another password than the present one asks for that.
OTHERS = {"account_reauthenticate", "account_change_password", "mfa_index", "mfa_list_webauthn", "usersessions_list"}
OTHERS |= {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
PACKAGE = ("account_", "mfa_", "usersessions_")


@pytest.fixture
def left_open(cast: Cast, settings: Settings) -> Client:
    """A session of somebody whom the provider alone lets in, who showed nothing in it."""
    settings.SNAKEWEB_OIDC_ISSUER = "https://provider.example"
    person = cast.people["operator"]
    person.set_unusable_password()
    person.save()
    client = Client()
    client.force_login(person)
    return client


def test_each_page_of_the_package_changes_a_way_in_or_is_known_not_to() -> None:
    names = {address.name for address in addresses() if address.name.startswith(PACKAGE)}
    assert names - WAYS_IN == OTHERS | ENTRANCES - {"usersessions_list"}
    assert names >= WAYS_IN


@pytest.mark.parametrize("name", sorted(WAYS_IN))
def test_it_is_for_whoever_just_showed_that_it_is_them(left_open: Client, name: str) -> None:
    path = reverse(name, kwargs={"pk": 1} if name in ("mfa_edit_webauthn", "mfa_remove_webauthn") else {})
    if name != ADDRESSES:
        assert left_open.get(path)["Location"].startswith(f"{BEGIN}?next=%2Faccounts%2F")
    sent = {"password1": NEW, "password2": NEW, "email": "mine@example.org", "action_add": "", "code": "000000"}
    asked = left_open.post(path, sent)["Location"]
    assert asked == path if name == PASSWORD else asked.startswith(f"{BEGIN}?next=")

    assert NEW not in str(dict(left_open.session)) or name != PASSWORD, "a password is kept in no session"
    assert not Person.objects.get(username="operator").has_usable_password()
    assert not Authenticator.objects.exists()
    assert not EmailAddress.objects.filter(email="mine@example.org").exists()
    assert Client().get(path)["Location"].startswith("/accounts/login/")


def test_whoever_has_a_password_shows_it_and_then_has_another_address(cast: Cast) -> None:
    client = signed_in("operator")
    assert client.get("/accounts/email/").status_code == 200
    five_minutes_later(client)
    asked = client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    shown_again(client, asked)
    assert EmailAddress.objects.get(email="new@example.org").user == cast.people["operator"]


def test_without_password_factor_and_provider_one_has_a_password_sent(left_open: Client, settings: Settings) -> None:
    settings.SNAKEWEB_OIDC_ISSUER = ""
    asked = left_open.get("/accounts/2fa/totp/activate/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/password/reset/")
    left_open.post("/accounts/password/reset/", {"email": "operator@example.org"})
    assert [message.to for message in mail.outbox] == [["operator@example.org"]]


def test_what_was_posted_and_left_is_not_done_by_a_look(cast: Cast) -> None:
    client = signed_in("operator")
    five_minutes_later(client)
    path = "/accounts/2fa/totp/deactivate/"
    client.post(path)
    assert STATE_SESSION_KEY in client.session
    asked = client.get(path)
    assert STATE_SESSION_KEY not in client.session
    assert client.post(asked["Location"], {"password": GIVEN})["Location"] == path
