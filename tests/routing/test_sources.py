import threading

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.sources import MemoryRouteSource, RouteSource
from migrations_app.testing.memory import MemoryRoutes


def record(epoch, phase=RoutePhase.PLAIN_A, authority="a"):
    return RouteRecord("web", epoch, phase, authority)


@pytest.fixture
def source():
    source = RouteSource("web")
    source.offer(record(3))
    return source


def test_before_the_first_record_nothing_is_guessed():
    with pytest.raises(DependencyUnavailable, match="web"):
        RouteSource("web").current()


def test_only_newer_records_are_taken(source):
    assert not source.offer(record(2, RoutePhase.SINGLE_B, "b"))
    assert not source.offer(record(3, RoutePhase.SINGLE_B, "b"))
    assert source.current().authority == "a"
    assert source.offer(record(4))
    assert source.current().epoch == 4


def test_an_epoch_is_acknowledged_once_no_operation_goes_by_an_older_one(source):
    with source.operation() as first:
        source.offer(record(4))
        with source.operation() as second:
            assert (first.epoch, second.epoch) == (3, 4)
            assert source.acknowledged() == 3
    assert source.acknowledged() == 4
    assert RouteSource("other").acknowledged() == 0


def test_waiting_ends_when_a_newer_record_arrives(source):
    publisher = threading.Timer(0.02, source.offer, [record(4)])
    publisher.start()

    assert source.wait_beyond(3, 10)
    publisher.join()
    assert not source.wait_beyond(4, 0.01)


def test_the_one_in_memory_looks_at_the_port_each_time():
    routes = MemoryRoutes()
    source = MemoryRouteSource(routes, "web")
    with pytest.raises(DependencyUnavailable):
        source.current()
    assert not source.refresh()

    routes.publish(record(1), expected_epoch=None)
    assert source.current().epoch == 1
    routes.publish(record(2), expected_epoch=1)
    assert source.current().epoch == source.acknowledged() == 2


def test_the_one_in_memory_waits_too():
    routes = MemoryRoutes()
    routes.publish(record(1), expected_epoch=None)
    source = MemoryRouteSource(routes, "web")
    assert not source.wait_beyond(1, 0.02)
    publisher = threading.Timer(0.02, routes.publish, [record(2)], {"expected_epoch": 1})
    publisher.start()

    assert source.wait_beyond(1, 10)
    publisher.join()
