from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from migrations_app.web.begun import MOST, begun, finish, remember


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
    assert finish(request, "saml", "_4") == {"next": "/4/"}
    assert request.session.modified
    assert finish(request, "saml", "_4") is None
    assert list(begun(request, "saml")) == ["_2", "_3", "_5", "_6"]
