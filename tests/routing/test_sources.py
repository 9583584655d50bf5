import threading

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.sources import MemoryRouteSource, RouteSource
from migrations_app.testing.memory import MemoryRoutes
from tests.routing.children import in_a_child


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


def test_who_waits_for_an_acknowledgement_is_woken_by_the_last_old_operation(source):
    woken = threading.Event()

    def wait():
        with source._changed:
            source._changed.wait_for(lambda: source.acknowledged() == 4, 10)
        woken.set()

    with source.operation():
        source.offer(record(4))
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert not woken.is_set()
    assert woken.wait(60)
    waiter.join()


def test_no_operation_goes_by_a_record_that_was_acknowledged_away():
    """Threads operate while records arrive: what is acknowledged never overtakes an operation under way."""
    source, over, behind = RouteSource("web"), threading.Event(), []
    source.offer(record(1))

    def operate():
        while not over.is_set():
            with source.operation() as mine:
                if source.acknowledged() > mine.epoch:
                    behind.append(mine.epoch)

    threads = [threading.Thread(target=operate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for epoch in range(2, 1500):
        source.offer(record(epoch))
        assert source.acknowledged() <= epoch
    over.set()
    for thread in threads:
        thread.join()

    assert not behind
    assert source.acknowledged() == 1499


def test_an_operation_that_lost_the_race_for_its_record_takes_the_new_one():
    class Racing(RouteSource):
        """A record arrives between the look at the known one and the note of its epoch."""

        raced = False

        def current(self):
            known = super().current()
            if not self.raced:
                self.raced = True
                self.offer(record(known.epoch + 1))
            return known

    source = Racing("web")
    source.offer(record(3))

    with source.operation() as mine:
        assert mine.epoch == source.acknowledged() == 4


def test_in_a_forked_child_nothing_is_under_way(source):
    with source.operation():
        source.offer(record(4))
        assert source.acknowledged() == 3
        assert in_a_child(lambda: source.acknowledged() == 4 and source.wait_beyond(3, 0))


def test_a_record_that_somebody_cannot_serve_is_not_acknowledged(source):
    source.acknowledge_if(lambda record: record.epoch != 4)
    source.acknowledge_if(lambda record: record.epoch != 5)
    assert source.acknowledged() == 3
    for epoch, acknowledged in ((4, 3), (5, 3), (6, 6)):
        source.offer(record(epoch))
        assert source.acknowledged() == acknowledged
    source.acknowledge_if(lambda record: False)

    assert source.acknowledged() == 6


def test_a_child_judges_for_itself(source):
    assert source.acknowledged() == 3
    assert in_a_child(lambda: source.offer(record(4)) and source.acknowledged() == 4)


def test_a_hand_off_is_over_while_its_record_is_the_newest():
    routes = MemoryRoutes()
    mine = routes.publish(record(1), expected_epoch=None)
    source = MemoryRouteSource(routes, "web")
    assert source.handoff_is_over(mine)
    routes.publish(record(2), expected_epoch=1)

    assert not source.handoff_is_over(mine)
    assert not RouteSource("web").handoff_is_over(mine)


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
