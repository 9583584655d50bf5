from datetime import timedelta
from functools import partial

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from migrations_app.web import begun as sign_ins
from migrations_app.web.begun import GOOD_FOR, MOST
from tests.cast import NOW

remember, begun, finish = (partial(each, now=NOW) for each in (sign_ins.remember, sign_ins.begun, sign_ins.finish))


def test_the_newest_five_are_known_and_each_is_finished_once() -> None:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    for number in range(MOST + 2):
        remember(request, "saml", f"_{number}", {"next": f"/{number}/"})
    assert list(begun(request, "saml")) == [f"_{number}" for number in range(2, MOST + 2)]
    request.session.modified = False

    assert finish(request, "saml", "_0") is None
    assert finish(request, "oidc", "_4") is None
    assert not request.session.modified
    assert finish(request, "saml", "_4") == {"next": "/4/", "begun_at": NOW.timestamp()}
    assert request.session.modified
    assert finish(request, "saml", "_4") is None
    assert list(begun(request, "saml")) == ["_2", "_3", "_5", "_6"]


def test_each_can_be_finished_for_a_while_only_and_what_cannot_is_not_kept() -> None:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    remember(request, "saml", "_1", {})
    just, late = NOW + GOOD_FOR, NOW + GOOD_FOR + timedelta(seconds=1)
    assert list(sign_ins.begun(request, "saml", now=just)) == ["_1"]
    for now in (late, NOW - GOOD_FOR - timedelta(seconds=1)):  # or the clock was set back since
        assert not sign_ins.begun(request, "saml", now=now)
        assert sign_ins.finish(request, "saml", "_1", now=now) is None
    sign_ins.remember(request, "saml", "_2", {}, now=late)
    assert list(request.session["saml"]) == ["_2"]
