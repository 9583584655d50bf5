"""Route records, as clients follow them."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.ports import RouteRecord
from migrations_app.models import Route
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound


@dataclass(frozen=True, slots=True)
class RouteView:
    """The published record, and since when it is in force."""

    record: RouteRecord
    changed_at: datetime

    @property
    def epoch(self) -> int:
        return self.record.epoch


@dataclass(frozen=True, slots=True)
class RouteClient:
    client_id: str
    acked_epoch: int
    build: str
    renewed_at: datetime
    expires_at: datetime


def route(*, actor: Actor, name: str) -> RouteView:
    """For those who see its environment, and for tokens that follow routes. Raises NotFound."""
    return view_of(_visible(actor, name))


def route_clients(*, actor: Actor, name: str) -> tuple[RouteClient, ...]:
    """Raises NotFound."""
    leases = _visible(actor, name).leases.order_by("client_id")
    return tuple(
        RouteClient(row.client_id, row.acked_epoch, row.build, row.renewed_at, row.expires_at) for row in leases
    )


def published_epochs() -> dict[str, int]:
    """Of every route, for nobody in particular: a number says nothing about what is behind it."""
    return dict(Route.objects.values_list("name", "epoch"))


def view_of(row: Route) -> RouteView:
    return RouteView(row.record, row.changed_at)


def _visible(actor: Actor, name: str) -> Route:
    access = access_of(actor)
    needed = Permission.VIEW if access.anywhere(Permission.VIEW) else Permission.FOLLOW_ROUTES
    here = access.within(needed)
    named = Route.objects.filter(name=name) if "\x00" not in name else Route.objects.none()
    found = named.filter(here).first()
    if found is None:
        absent = NotFound(f"There is no route {name[:80]!r}.", "Look at the name in the migration's parameters.")
        raise absent.unless_hidden(named)
    return found
