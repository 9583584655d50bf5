"""Route records, as clients follow them."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class RouteView:
    """`stores` maps side (a, b) to a target's name."""

    name: str
    epoch: int
    phase: RoutePhase
    authority: str
    stores: tuple[tuple[str, str], ...]
    handoff_deadline: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RouteClient:
    client_id: str
    acked_epoch: int
    build: str
    renewed_at: datetime
    expires_at: datetime


def route(*, actor: Actor, name: str) -> RouteView:
    """Raises NotFound."""
    raise NotImplementedError


def route_clients(*, actor: Actor, name: str) -> tuple[RouteClient, ...]:
    """Raises NotFound."""
    raise NotImplementedError
