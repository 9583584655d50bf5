"""Routes: opened by an admin; the client processes that follow one say how far they have come (PROTOCOL 5.4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.vocabulary import RoutePhase, RouteSeries
from migrations_app.models import Route, RouteLease
from migrations_app.runtime import route_samples
from migrations_app.selectors.route_traffic import PER_SECOND
from migrations_app.selectors.routes import RouteView, view_of
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require

LEASE = timedelta(seconds=10)
KEPT = timedelta(days=1)  # so that people still see which client fell silent
LARGEST = 2**53 - 1
ADDED = "p99_us"


@operation("route.open", about="route")
def open_route(*, actor: Actor, now: datetime, target_id: int, name: str) -> RouteView:
    """Let services follow a store before anything is migrated: plain operations at this target, which is side a.

    The first migration of these sessions names the route in its parameters. Raises Conflict when the name is taken.
    """
    target = finding.target(target_id, actor=actor, permission=Permission.MANAGE_TARGETS)
    check = Check()
    named = check.name("name", name, most=80)
    check.done()
    if Route.objects.filter(name=named).exists():
        raise Conflict(
            f"There is a route “{named}” already; nothing was changed.",
            "Follow that one, or choose another name.",
            reason="route_exists",
        )
    row = Route.objects.create(
        environment=target.environment,
        name=named,
        phase=RoutePhase.PLAIN_A,
        authority="a",
        stores={"a": target.name},
        changed_at=now,
    )
    audit.record(
        actor=actor,
        now=now,
        action="route.open",
        object_type="route",
        object_id=row.pk,
        environment=target.environment.name,
        after={"name": named, "serves": target.name},
    )
    return view_of(row)


@operation("route.lease", about="route", in_maintenance=True)
def renew_lease(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    client_id: str,
    boot_id: str,
    acked_epoch: int,
    build: str = "",
    counters: Mapping[str, int] | None = None,
    max_acked_seq: int = 0,
) -> RouteView:
    """Returns the route as it is now. The same boot of a client never goes back to an older epoch."""
    route = Route.objects.select_related("environment").filter(name=name).first() if "\x00" not in name else None
    absent = NotFound(f"There is no route {name[:80]!r}.", "Look at the name in the migration's parameters.")
    if route is None:
        raise absent
    require(actor, Permission.FOLLOW_ROUTES, route.environment, absent=absent)
    check = Check()
    client = check.text("client_id", client_id, most=80, required=True)
    boot = check.text("boot_id", boot_id, most=80, required=True)
    epoch = check.integer("acked_epoch", acked_epoch, least=0, most=LARGEST)
    values: dict[str, Any] = {
        "build": check.text("build", build, most=80),
        "counters": {
            key: check.integer(f"counters.{key}"[:80], value, least=0, most=LARGEST)
            for key, value in check.mapping("counters", counters or {}, most=40).items()
        },
        "max_acked_seq": check.integer("max_acked_seq", max_acked_seq, least=0, most=LARGEST),
    }
    if epoch > route.epoch:
        check.problem("acked_epoch", f"{name} is at epoch {route.epoch} only.", "Read the route again.", "in_future")
    check.done()
    known = RouteLease.objects.select_for_update().filter(route=route, client_id=client).first()
    if known is not None and known.boot_id == boot and known.acked_epoch > epoch:
        raise Conflict(
            f"{client} has applied epoch {known.acked_epoch} already; it cannot go back to {epoch}.",
            "Read the route again and apply its newest epoch.",
            reason="epoch_went_back",
        )
    values["counters"] |= _pace(known, boot, values["counters"], now)
    if values["counters"].get("operations") and ADDED in values["counters"]:
        route_samples.keep(route.pk, RouteSeries.ADDED, values["counters"][ADDED], now=now)
    RouteLease.objects.update_or_create(
        route=route,
        client_id=client,
        defaults={
            **values,
            "boot_id": boot,
            "acked_epoch": epoch,
            "renewed_at": now,
            "expires_at": now + LEASE,
        },
    )
    return view_of(route)


def forget_silent(*, now: datetime) -> int:
    """Delete the leases that ended more than a day ago. Returns how many; a background loop calls this.

    A client's name often dies with its process, so without this a route would gather one lease a deployment and
    process. It leaves no audit entry, as renewing leaves none, and goes on in maintenance mode.
    """
    return RouteLease.objects.filter(expires_at__lt=now - KEPT).delete()[0]


def _pace(known: RouteLease | None, boot: str, counters: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Operations a second between two renewals of the same boot; a lease keeps its newest counters alone."""
    if known is None or known.boot_id != boot or "operations" not in counters or now <= known.renewed_at:
        return {}
    done = counters["operations"] - known.counters.get("operations", 0)
    return {PER_SECOND: max(0, round(done / (now - known.renewed_at).total_seconds()))}
