"""Notes when a session was last used, from where and by which browser; at most once a minute and process."""

import hashlib
from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from migrations_app.models import Person
from migrations_app.services import sessions

Next = Callable[[HttpRequest], HttpResponseBase]


class SessionActivityMiddleware:
    """Before the view: a session that the view ends must not be noted again afterwards."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Pages of the documentation come while the database does not answer.
        key = "" if request.path.startswith("/docs/") else request.session.session_key
        if key and _is_due(key) and isinstance(request.user, Person):
            sessions.seen(
                person_id=request.user.pk,
                key=key,
                address=request.META.get("REMOTE_ADDR") or "",
                user_agent=request.headers.get("User-Agent", ""),
                now=timezone.now(),
            )
        return self.get_response(request)


def _is_due(key: str) -> bool:
    """True once in a while for each session; the cache is told a hash, as it may be shared."""
    name = hashlib.sha256(key.encode()).hexdigest()
    return bool(cache.add(f"session-seen-{name}", 1, sessions.SEEN_IS_NOTED_EVERY.total_seconds()))
