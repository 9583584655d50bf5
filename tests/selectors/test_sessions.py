"""The list of sessions: who is shown whose, and how each was begun."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from migrations_app.models import Person
from migrations_app.selectors.refusals import PermissionDenied
from migrations_app.selectors.sessions import Factor, holder_of, list_sessions
from tests.cast import PASSWORD, Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0"


def test_ones_own_are_listed_in_words_and_without_what_opens_them(cast: Cast) -> None:
    client = Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.9")
    client.post("/accounts/login/", {"login": "viewer", "password": PASSWORD})
    signed_in("operator")
    records = client.session["account_authentication_methods"]
    session = client.session
    session["account_authentication_methods"] = [*records, {"method": "mfa", "type": "totp", "at": 1.0}]
    session.save()
    key = client.session.session_key or ""

    (row,) = list_sessions(actor=cast.actors["viewer"], current_key=key)

    assert (row.browser, row.address, row.current) == ("Firefox on Windows", "192.0.2.9", True)
    assert row.factors == (Factor.PASSWORD, Factor.TOTP)
    assert key not in repr(row)


def test_others_are_for_admins_of_everything(cast: Cast) -> None:
    signed_in("viewer")
    whose = cast.people["viewer"].pk

    assert len(list_sessions(actor=cast.actors["admin"], person_id=whose)) == 1
    with pytest.raises(PermissionDenied):
        list_sessions(actor=cast.actors["operator"], person_id=whose)


def test_what_ended_is_not_listed(cast: Cast) -> None:
    first, second = signed_in("viewer"), signed_in("viewer")
    first.session.flush()
    assert len(list_sessions(actor=cast.actors["viewer"])) == 1

    person = cast.people["viewer"]
    key = second.session.session_key or ""
    assert holder_of(key) == (person, False)
    person.set_password("another")
    person.save()
    assert list_sessions(actor=cast.actors["viewer"]) == ()
    assert holder_of(key) is None
    assert UserSession.objects.filter(user=person).exists()  # looking deletes nothing


def test_a_session_of_somebody_inactive_is_nobodys(cast: Cast) -> None:
    key = signed_in("viewer").session.session_key or ""
    Person.objects.filter(username="viewer").update(is_active=False)
    assert holder_of(key) is None
    assert holder_of("") is None


@pytest.mark.parametrize("person", [-1, 0, 2**63, 10**30])
def test_a_number_that_nobody_can_have_has_no_sessions(cast: Cast, person: int) -> None:
    assert list_sessions(actor=cast.actors["admin"], person_id=person) == ()
