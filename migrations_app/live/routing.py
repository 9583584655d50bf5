"""The socket application as `snakeweb/asgi.py` mounts it: origin, then session, then the consumer."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from migrations_app.live.consumer import RECHECK_SECONDS, LiveConsumer
from migrations_app.live.doorbell import Doorbell
from migrations_app.live.hub import Hub, RunReads
from migrations_app.live.origin import SameOrigin
from migrations_app.live.reads import SelectorReads


def live_application(recheck_seconds: float = RECHECK_SECONDS, reads: RunReads | None = None) -> Any:
    """One per process: its hub is what makes 200 watchers share one reader."""
    hub = Hub(reads or SelectorReads(), Doorbell())
    consumer = LiveConsumer.as_asgi(hub=hub, recheck_seconds=recheck_seconds)
    sockets = URLRouter([path("ws/live/", consumer), re_path("", WebsocketDenier.as_asgi())])
    return SameOrigin(AuthMiddlewareStack(sockets))
