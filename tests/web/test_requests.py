import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from migrations_app.web.requests import actor_of, onwards
from tests.cast import NOW, Cast


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/runs/?state=failed", "/runs/?state=failed"),
        ("", "/"),
        ("0", "/"),
        ("run_list", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_somebody_goes_on_to_an_address_of_ours_or_where_we_say(wanted: str, leads_to: str) -> None:
    assert onwards(RequestFactory().get("/"), wanted, "/") == leads_to


@pytest.mark.django_db
def test_what_was_shown_last_counts_though_the_clock_was_set_back(cast: Cast) -> None:
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), cast.people["viewer"]
    later = NOW.timestamp() + 3600
    request.session["account_authentication_methods_user"] = str(request.user.pk)
    for shown in (
        {"method": "password", "at": later},
        {"method": "mfa", "type": "totp", "at": later},
        {"method": "mfa", "type": "webauthn", "at": NOW.timestamp()},
        {"method": "single_sign_on", "at": NOW.timestamp() + 5, "second_factor": False},
    ):
        before = request.session.get("account_authentication_methods", [])
        request.session["account_authentication_methods"] = [*before, shown]
    found = actor_of(request)
    assert (found.reauthenticated_at, found.second_factor_at, found.shown_by) == (NOW, NOW, "webauthn")
