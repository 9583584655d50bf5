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
from migrations_app.selectors.sessions import holder_of
from migrations_app.services import rate_limits, tokens
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.services.rate_limits import Rate

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
    403 for an unsafe request of a browser session without the CSRF token, Unreadable for one with a form, and
    TooManyRequests.
    """
    found: Actor | None = getattr(request, "_api_caller", None)
    if found is None:
        _count_address(request)
        found = _by_token(request) if "Authorization" in request.headers else _by_session(request)
        _count_account(request, found)
        request._api_caller = found  # type: ignore[attr-defined]
    return found


def require_still(request: HttpRequest) -> None:
    """Of an answer that goes on: who began it is still let in, by the token or session as the database has it now.

    It is a question of ours, so it counts against no limit and no limit ends the answer. Raises AuthenticationError.
    """
    if "Authorization" in request.headers:
        _by_token(request, counted=False)
        return
    found: Actor = request.actor  # type: ignore[attr-defined]
    holder = holder_of(request.session.session_key or "")
    if holder is None or holder[0].pk != found.person_id:
        raise AuthenticationError(message="The session was ended; sign in again.")


def _is_about_routes(request: HttpRequest) -> bool:
    """Many services behind one address ask for routes, more than ever while buckets are handed over."""
    return request.path_info.startswith("/api/v1/routes/")


def _count_address(request: HttpRequest) -> None:
    if not _is_about_routes(request):
        address = request.META.get("REMOTE_ADDR") or ""
        stranger = Actor(None, ANONYMOUS.username, address=address, request_id=getattr(request, "request_id", ""))
        rate_limits.spend(actor=stranger, now=now(), rate=Rate.API_ADDRESS, who=rate_limits.address(address))


def _count_account(request: HttpRequest, actor: Actor) -> None:
    rate = Rate.ROUTES_ACCOUNT if _is_about_routes(request) else Rate.API_ACCOUNT
    rate_limits.spend(actor=actor, now=now(), rate=rate, who=rate_limits.account(actor))


def count_export(actor: Actor) -> None:
    """For operations that give out a file of any length. Raises TooManyRequests."""
    rate_limits.spend(actor=actor, now=now(), rate=Rate.EXPORTS_ACCOUNT, who=rate_limits.account(actor))


def _by_token(request: HttpRequest, *, counted: bool = True) -> Actor:
    scheme, _, clear = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationError(message="The Authorization header does not say Bearer.")
    try:
        return tokens.authenticate(
            clear=clear.strip(),
            now=now(),
            address=request.META.get("REMOTE_ADDR") or "",
            request_id=getattr(request, "request_id", ""),
            counted=counted,
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
