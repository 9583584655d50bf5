from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.engine.errors import IllegalTransition, LeaseLost
from migrations_app.engine.ports import BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Lease
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.routes import OrmRoutes
from tests.parallel import at_once, exceptions
from tests.runs import AT, a_run, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

FIRST = RouteRecord("sessions", 1, RoutePhase.PLAIN_A, "a", {"a": "one", "b": "two"})


def routes(name: str = "dev") -> OrmRoutes:
    return OrmRoutes(environment_id=environment(name).pk, clock=SystemClock())


def at_epoch(epoch: int, phase: RoutePhase = RoutePhase.HANDOFF) -> RouteRecord:
    return RouteRecord("sessions", epoch, phase, "a", FIRST.stores, AT + timedelta(minutes=2))


def test_a_published_record_is_read_back() -> None:
    assert routes().get("sessions") is None
    routes().publish(FIRST, expected_epoch=None)
    assert routes().get("sessions") == FIRST
    routes().publish(at_epoch(2), expected_epoch=1)

    assert routes().get("sessions") == at_epoch(2)


@pytest.mark.parametrize("expected", [None, 2])
def test_a_route_that_is_elsewhere_is_not_moved(expected: int | None) -> None:
    routes().publish(FIRST, expected_epoch=None)

    with pytest.raises(IllegalTransition, match="epoch 1"):
        routes().publish(at_epoch(3), expected_epoch=expected)
    assert routes().get("sessions") == FIRST


def test_an_epoch_never_falls() -> None:
    routes().publish(at_epoch(5), expected_epoch=None)

    with pytest.raises(IllegalTransition, match="does not follow"):
        routes().publish(at_epoch(5, RoutePhase.SINGLE_B), expected_epoch=5)


def test_of_many_publishers_at_once_one_wins() -> None:
    port = routes()
    port.publish(FIRST, expected_epoch=None)
    outcomes = at_once(*[lambda: port.publish(at_epoch(2), expected_epoch=1)] * 6)

    assert len(exceptions(outcomes)) == 5
    assert all(isinstance(error, IllegalTransition) for error in exceptions(outcomes))


def test_of_many_creators_at_once_one_wins() -> None:
    port = routes()
    outcomes = at_once(*[lambda: port.publish(FIRST, expected_epoch=None)] * 6)

    assert len(exceptions(outcomes)) == 5


def test_another_environment_s_route_is_out_of_reach() -> None:
    routes().publish(FIRST, expected_epoch=None)
    foreign = routes("staging")

    assert foreign.get("sessions") is None
    with pytest.raises(IllegalTransition, match="another environment"):
        foreign.publish(FIRST, expected_epoch=None)
    with pytest.raises(IllegalTransition):
        foreign.publish(at_epoch(2), expected_epoch=1)


def test_buckets_that_part_are_read_back() -> None:
    routes().publish(FIRST, expected_epoch=None)
    parted = replace(
        at_epoch(2, RoutePhase.DUAL_A),
        fenced=True,
        buckets=(BucketRange(0, 0, RoutePhase.DUAL_B, 2, "b"), BucketRange(1, 255, RoutePhase.DUAL_A, 1, "a")),
    )
    routes().publish(parted, expected_epoch=1)
    assert routes().get("sessions") == parted


def test_epochs_set_aside_are_never_given_again() -> None:
    port = routes()
    port.publish(FIRST, expected_epoch=None)
    assert port.reserve("sessions", expected_epoch=1, count=2) == 3
    assert port.reserve("sessions", expected_epoch=1, count=2) == 5
    port.publish(at_epoch(2), expected_epoch=1)
    assert port.reserved("sessions") == 5
    port.publish(at_epoch(6, RoutePhase.PLAIN_A), expected_epoch=2)
    assert port.reserved("sessions") == 6
    with pytest.raises(IllegalTransition, match="epoch 6"):
        port.reserve("sessions", expected_epoch=2, count=1)


def test_of_two_that_set_epochs_aside_at_once_each_gets_its_own() -> None:
    port = routes()
    port.publish(FIRST, expected_epoch=None)
    outcomes = at_once(*[lambda: port.reserve("sessions", expected_epoch=1, count=2)] * 5)
    assert sorted(outcomes) == [3, 5, 7, 9, 11]


def test_a_replaced_driver_publishes_and_reserves_nothing() -> None:
    routes().publish(FIRST, expected_epoch=None)
    run = a_run()
    worker = leases.claim(Scope(run.pk), "first", 60)
    port = OrmRoutes(environment_id=environment().pk, clock=SystemClock(), worker=worker)
    port.publish(at_epoch(2), expected_epoch=1)
    Lease.objects.filter(run=run).update(token=99)
    with pytest.raises(LeaseLost):
        port.publish(at_epoch(3), expected_epoch=2)
    with pytest.raises(LeaseLost):
        port.reserve("sessions", expected_epoch=2, count=2)
    assert routes().get("sessions") == at_epoch(2)
    assert routes().reserved("sessions") == 2
