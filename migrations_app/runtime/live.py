"""What goes on beside the steps of a run, on the control database: orders, clients, panels, background drivers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import transaction

from migrations_app.engine.ports import BACKGROUND, Clock, RouteClient
from migrations_app.engine.vocabulary import CutoverOrder, RouteSeries
from migrations_app.models import Route, RouteLease, RoutePanel, Run
from migrations_app.runtime import route_samples, work
from migrations_app.runtime.leases import Scope

RELAY, LAG = "relay", "lag_p99_ms"  # of this panel a history is kept
Urgent = Callable[[], AbstractContextManager[None]]


class OrmLive:
    def __init__(self, *, run_id: int, environment_id: int, clock: Clock, urgent: Urgent = nullcontext) -> None:
        self._run_id = run_id
        self._environment_id = environment_id
        self._clock = clock
        self._urgent = urgent

    def order(self) -> CutoverOrder:
        return CutoverOrder(Run.objects.values_list("cutover", flat=True).get(pk=self._run_id))

    def most_a_second(self) -> int:
        return int(Run.objects.values_list("most_a_second", flat=True).get(pk=self._run_id))

    def clients(self, route: str) -> Sequence[RouteClient]:
        """Those with a live lease: a hand-over asks many times a second, and nobody waits for a silent client."""
        rows = RouteLease.objects.filter(
            route__environment_id=self._environment_id, route__name=route, expires_at__gt=self._clock.now()
        )
        return [
            RouteClient(row.client_id, row.boot_id, row.acked_epoch, row.max_acked_seq, True, row.counters)
            for row in rows.order_by("client_id")
        ]

    def want(self, *names: str) -> None:
        with transaction.atomic():
            work.want_drivers([Scope(self._run_id, BACKGROUND + name) for name in names], now=self._clock.now())

    def show(self, route: str, name: str, values: Mapping[str, Any]) -> None:
        found = Route.objects.filter(environment_id=self._environment_id, name=route).values_list("pk", flat=True)
        for route_id in found:
            with transaction.atomic():  # one turn as the database's writer, not three
                if name == RELAY and LAG in values:
                    route_samples.keep(route_id, RouteSeries.LAG, int(values[LAG]), now=self._clock.now())
                RoutePanel.objects.update_or_create(
                    route_id=route_id, name=name, defaults={"values": dict(values), "at": self._clock.now()}
                )

    def shown(self, route: str) -> Mapping[str, Mapping[str, Any]]:
        rows = RoutePanel.objects.filter(route__environment_id=self._environment_id, route__name=route)
        return {row.name: {**row.values, "at": row.at.isoformat()} for row in rows}

    def urgent(self) -> AbstractContextManager[None]:
        return self._urgent()
