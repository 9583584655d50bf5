"""Who may open a socket: pages of this very origin. Cookies are shared between ports, so a host name is not enough."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from migrations_app.live.admission import write_down

Application = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]


class SameOrigin:
    """Denies the handshake (403) unless `Origin` is scheme, host and port of the request, as for a POST with CSRF.

    `CSRF_TRUSTED_ORIGINS` are accepted too; the scheme behind a proxy is what `SECURE_PROXY_SSL_HEADER` says.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if is_same_origin(scope):
            await self._application(scope, receive, send)
            return
        await write_down(scope, "wrong_origin: the socket was asked for by a page of another site")
        await WebsocketDenier()(scope, receive, send)


def is_same_origin(scope: Mapping[str, Any]) -> bool:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get("origin", "")
    request = HttpRequest()
    request.META = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    try:
        host = request.get_host()  # refuses what ALLOWED_HOSTS does not list
    except (DisallowedHost, KeyError):  # KeyError: a request without a Host header
        return False
    scheme = "https" if scope.get("scheme") == "wss" else request.scheme
    return origin == f"{scheme}://{host}" or origin in settings.CSRF_TRUSTED_ORIGINS
