"""The processes that follow a route, and what their requests see of the migration, as their leases report it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.models import Route, RouteLease

PER_SECOND = "operations_a_second"  # what a renewal adds to the counters, from the one before it
FORGOTTEN_AFTER = timedelta(minutes=10)
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FollowingClient:
    """One process. Counters are since it started; `per_second` between its last two renewals (None: not known yet).

    `added_p99_us`: what routing added to its latest operations, waits included; `slowest_us` at the worst so far.
    """

    client_id: str
    build: str
    is_live: bool
    acked_epoch: int
    is_behind: bool
    renewed_at: datetime
    per_second: int | None
    operations: int
    failed: int
    fenced: int
    retries: int
    added_p99_us: int
    slowest_us: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Over the live clients. `per_second` is None while no lease was renewed twice."""

    live: int
    behind: int
    silent: int
    per_second: int | None
    operations: int
    failed: int
    retries: int
    added_p99_us: int
    slowest_us: int


def clients_of(route: Route, now: datetime) -> tuple[FollowingClient, ...]:
    """All of them, those who hold the route up first: live ones behind, other live ones, silent ones.

    Silent for longer than `FORGOTTEN_AFTER`: left out.
    """
    rows = RouteLease.objects.filter(route=route, expires_at__gt=now - FORGOTTEN_AFTER)
    clients = [_client(row, route.epoch, now) for row in rows]
    return tuple(sorted(clients, key=lambda one: (not one.is_live, not one.is_behind, one.client_id)))


def shown_of(clients: Sequence[FollowingClient]) -> tuple[FollowingClient, ...]:
    """The first `MOST_SHOWN`, for a table. Totals are never taken from these: see `traffic_of`."""
    return tuple(clients[:MOST_SHOWN])


def traffic_of(clients: Sequence[FollowingClient]) -> Traffic:
    """`clients` are all of them, not what a table shows: a client left out would count as one that acknowledged."""
    live = [client for client in clients if client.is_live]
    rates = [client.per_second for client in live if client.per_second is not None]
    return Traffic(
        live=len(live),
        behind=sum(client.is_behind for client in live),
        silent=len(clients) - len(live),
        per_second=sum(rates) if rates else None,
        operations=sum(client.operations for client in live),
        failed=sum(client.failed for client in live),
        retries=sum(client.retries for client in live),
        added_p99_us=max((client.added_p99_us for client in live), default=0),
        slowest_us=max((client.slowest_us for client in live), default=0),
    )


def _client(row: RouteLease, epoch: int, now: datetime) -> FollowingClient:
    counters = row.counters
    return FollowingClient(
        client_id=row.client_id,
        build=row.build,
        is_live=row.expires_at > now,
        acked_epoch=row.acked_epoch,
        is_behind=row.acked_epoch < epoch,
        renewed_at=row.renewed_at,
        per_second=counters.get(PER_SECOND),
        operations=counters.get("operations", 0),
        failed=counters.get("errors", 0),
        fenced=counters.get("fenced", 0),
        retries=counters.get("retries", 0),
        added_p99_us=counters.get("p99_us", 0),
        slowest_us=counters.get("slowest_us", 0),
    )
