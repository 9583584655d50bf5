"""Who is asking: a bearer token, or a browser session whose unsafe requests carry the CSRF token."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from ninja.errors import AuthenticationError, HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from migrations_app.api.problems import Unreadable
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied

_clock = SystemClock()
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class ApiRequest(HttpRequest):
    """What an operation gets. `auth` is the caller."""

    auth: Actor
    request_id: str


def now() -> datetime:
    """The door reads the clock; services are told the time."""
    return _clock.now()


def identify(request: HttpRequest) -> Actor:
    """The caller, found once a request.

    A request with an Authorization header is never judged by its cookies. Raises AuthenticationError, and HttpError
    403 for an unsafe request of a browser session without the CSRF token, and Unreadable for one with a form.
    """
    found: Actor | None = getattr(request, "_api_caller", None)
    if found is None:
        found = _by_token(request) if "Authorization" in request.headers else _by_session(request)
        request._api_caller = found  # type: ignore[attr-defined]
    return found


def _by_token(request: HttpRequest) -> Actor:
    scheme, _, clear = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationError(message="The Authorization header does not say Bearer.")
    try:
        return tokens.authenticate(
            clear=clear.strip(),
            now=now(),
            address=request.META.get("REMOTE_ADDR") or "",
            request_id=getattr(request, "request_id", ""),
        )
    except PermissionDenied as refused:
        raise AuthenticationError(message=refused.message) from refused


def _by_session(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.person_id is None:
        raise AuthenticationError(message="The request does not say who is asking.")
    if request.method not in _SAFE and request.content_type in _FORMS:  # the CSRF check would read the form first
        raise Unreadable(
            "unsupported_media_type",
            f"The body is a form ({request.content_type}); it was not read.",
            "Send it as application/json; a document to import as application/yaml.",
            status=415,
        )
    if check_csrf(request) is not None:
        raise HttpError(403, "The CSRF token is missing or wrong.")
    return actor


class Token(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        return identify(request) if "Authorization" in request.headers else None

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return identify(request)


class BrowserSession(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        return identify(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return identify(request)


class AsyncToken(Token):
    """The same for operations that wait on the event loop."""

    async def __call__(self, request: HttpRequest) -> Any:
        return await sync_to_async(super().__call__)(request)


class AsyncBrowserSession(BrowserSession):
    async def __call__(self, request: HttpRequest) -> Any:
        return await sync_to_async(super().__call__)(request)


CALLERS = [Token(), BrowserSession()]
ASYNC_CALLERS = [AsyncToken(), AsyncBrowserSession()]
