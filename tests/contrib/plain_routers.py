"""A router over stores that no migration has touched yet."""

from typing import Any

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import RouteSource

STORES: list[Any] = []


def router() -> SessionRouter:
    source = RouteSource("sessions")
    source.offer(RouteRecord("sessions", 1, RoutePhase.PLAIN_A, "a"))
    stores, secrets = STORES[-1]
    return SessionRouter(source, stores, secrets=secrets)
