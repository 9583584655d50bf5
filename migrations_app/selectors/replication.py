"""How all routes with two stores stand: what the replica lacks, for how long, and what was found to differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Route, RoutePanel
from migrations_app.selectors.route_panels import FRESH_SECONDS

ONE_STORE = (RoutePhase.PLAIN_A, RoutePhase.SINGLE_B, RoutePhase.RETIRED)
RELAY, VERIFIER = "relay", "verifier"


@dataclass(frozen=True, slots=True)
class Replication:
    """`routes` with two stores now. Seconds are of the worst of them, None while no relay has said anything of late.

    `behind`: sessions that wait to be carried; `mismatches`: what the last whole pass of each verifier found to
    differ; `regressed` of those had been equal before; `waiting_writes`: routes in whose hand-off writes wait.
    """

    routes: int
    waiting_writes: int
    lag_seconds: float | None
    oldest_seconds: float | None
    behind: int
    stuck: int
    mismatches: int
    regressed: int


def replication(*, now: datetime) -> Replication:
    two_stores = Route.objects.filter(~Q(phase__in=ONE_STORE) | ~Q(buckets=[]))
    panels = RoutePanel.objects.filter(route__in=two_stores, name__in=(RELAY, VERIFIER))
    rows = list(panels.values_list("name", "values", "at"))
    fresh = now - timedelta(seconds=FRESH_SECONDS)
    relays = [values for name, values, at in rows if name == RELAY and at >= fresh]
    verifiers = [values for name, values, _ in rows if name == VERIFIER]
    return Replication(
        routes=two_stores.count(),
        waiting_writes=Route.objects.exclude(handoff_deadline=None).count(),
        lag_seconds=_worst(relays, "lag_p99_ms"),
        oldest_seconds=_worst(relays, "oldest_ms"),
        behind=_sum(relays, "depth"),
        stuck=_sum(relays, "stuck"),
        mismatches=_sum(verifiers, "diverging"),
        regressed=_sum(verifiers, "regressed"),
    )


def _worst(panels: Sequence[Mapping[str, Any]], name: str) -> float | None:
    return max((int(values.get(name) or 0) for values in panels), default=0) / 1000 if panels else None


def _sum(panels: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(values.get(name) or 0) for values in panels)
