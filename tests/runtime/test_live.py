from datetime import timedelta

import pytest

from migrations_app.engine.ports import BACKGROUND
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase
from migrations_app.models import Lease, OutboxRow, Route, RouteLease, RoutePanel, RouteSample, Run
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.live import OrmLive
from tests.runs import AT, a_run, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def run() -> Run:
    return a_run()


@pytest.fixture
def live(run: Run) -> OrmLive:
    return OrmLive(run_id=run.pk, environment_id=environment().pk, clock=SystemClock())


@pytest.fixture
def route() -> Route:
    return Route.objects.create(
        environment=environment(), name="sessions", epoch=4, phase=RoutePhase.DUAL_A, authority="a", changed_at=AT
    )


def test_an_order_is_a_level_that_holds_until_the_next_one(run: Run, live: OrmLive) -> None:
    assert live.order() is CutoverOrder.NONE
    Run.objects.filter(pk=run.pk).update(cutover=CutoverOrder.BACK, most_a_second=500)
    assert (live.order(), live.order(), live.most_a_second()) == (CutoverOrder.BACK, CutoverOrder.BACK, 500)


def test_clients_are_those_whose_lease_lasts(live: OrmLive, route: Route) -> None:
    now = SystemClock().now()
    for name, seconds in (("awake", 5), ("asleep", -5)):
        RouteLease.objects.create(
            route=route,
            client_id=name,
            boot_id="b",
            acked_epoch=4,
            counters={"failed": 0},
            renewed_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
    (client,) = live.clients("sessions")
    assert (client.client_id, client.is_live, client.acked_epoch, client.counters) == ("awake", True, 4, {"failed": 0})
    assert list(live.clients("another")) == []


def test_of_the_relay_s_lag_a_history_is_kept(live: OrmLive, route: Route) -> None:
    live.show("sessions", "verifier", {"passes": 3})
    live.show("sessions", "relay", {"depth": 3, "lag_p99_ms": 38})
    assert list(RouteSample.objects.values_list("route", "series", "value")) == [(route.pk, "lag_ms", 38)]


def test_a_panel_is_replaced_as_a_whole(live: OrmLive, route: Route) -> None:
    live.show("sessions", "relay", {"depth": 3, "problem": "x"})
    live.show("sessions", "relay", {"depth": 0})
    shown = live.shown("sessions")
    assert (shown["relay"]["depth"], "problem" in shown["relay"]) == (0, False)
    assert shown["relay"]["at"]
    assert RoutePanel.objects.count() == 1
    live.show("unknown", "relay", {"depth": 0})
    assert RoutePanel.objects.count() == 1


def test_a_wanted_background_driver_is_due_and_offered_to_its_own_queue(run: Run, live: OrmLive) -> None:
    live.want("relay", "verifier")
    due = Lease.objects.filter(run=run, step__startswith=BACKGROUND, due_at__isnull=False)
    assert sorted(due.values_list("step", flat=True)) == ["background.relay", "background.verifier"]
    rows = OutboxRow.objects.filter(task="snakeweb.drive_background")
    assert sorted(row.arguments for row in rows) == [[run.pk, "relay"], [run.pk, "verifier"]]
    assert {row.queue for row in rows} == {"live"}


def test_a_turned_run_keeps_its_background_drivers(run: Run, live: OrmLive) -> None:
    live.want("relay")
    leases.schedule([Scope(run.pk, "transfer", 1)])
    worker = leases.claim(Scope(run.pk, BACKGROUND + "relay"), "somebody", 60)
    assert worker is not None
    leases.revoke_partitions(run.pk)
    leases.require_held(worker)
    assert Scope.parse(worker.scope).background == "relay"
    assert Scope(run.pk, "transfer", 1).background == ""
