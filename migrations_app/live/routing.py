"""The socket application as `snakeweb/asgi.py` mounts it: origin, then session, then the consumer."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from migrations_app.live.consumer import RECHECK_SECONDS, LiveConsumer
from migrations_app.live.doorbell import Doorbell
from migrations_app.live.hub import Hub
from migrations_app.live.reads import SelectorReads


def live_application(recheck_seconds: float = RECHECK_SECONDS) -> Any:
    """One per process: its hub is what makes 200 watchers share one reader."""
    hub = Hub(SelectorReads(), Doorbell())
    consumer = LiveConsumer.as_asgi(hub=hub, recheck_seconds=recheck_seconds)
    return AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([path("ws/live/", consumer)])))
