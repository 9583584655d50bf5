import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.mirror_source import FRESH_SECONDS, StoreMirrorSource
from tests.routing.routed_world import ROUTE, RoutedWorld


@pytest.fixture
def world():
    world = RoutedWorld()
    world.join()
    return world


def opener(world, side):
    return lambda: world.open_store({"side": side}, {})


def down():
    raise DependencyUnavailable("the server is gone")


def test_it_learns_the_newest_record_of_all_stores(world):
    world.publish(RoutePhase.DUAL_A, "a")
    world.mirror()
    world.places["a"].route.document, old = "", world.places["a"].route.document
    source = StoreMirrorSource([opener(world, "a"), opener(world, "b")])

    assert source.current() == world.record
    assert (source.name, source.acknowledged()) == (ROUTE, world.record.epoch)
    assert old
    assert world.opened == world.closed


def test_a_store_that_does_not_answer_is_left_out(world):
    assert StoreMirrorSource([down, opener(world, "b")], ROUTE).current() == world.record
    with pytest.raises(DependencyUnavailable, match="not known yet"):
        StoreMirrorSource([down], ROUTE).current()


@pytest.mark.parametrize("document", ["", "no JSON", "[]", "{}"])
def test_what_is_no_record_is_none(world, document):
    world.places["a"].route.document = document

    assert not StoreMirrorSource([opener(world, "a")]).refresh()


def test_another_routes_record_does_not_count(world):
    assert not StoreMirrorSource([opener(world, "a")], "another").refresh()


def test_it_looks_again_when_its_look_is_old(world):
    source = StoreMirrorSource([opener(world, "a")], poll_seconds=0)
    patient = StoreMirrorSource([opener(world, "a")], poll_seconds=3600)
    assert source.current() == patient.current()
    world.publish(RoutePhase.DUAL_A, "a")
    world.mirror()

    assert source.current() == world.record
    assert patient.current().epoch == world.record.epoch - 1


def test_who_asks_while_another_looks_takes_that_ones_answer(world):
    looking, go_on = threading.Event(), threading.Event()

    def slow():
        looking.set()
        assert go_on.wait(60)
        return world.open_store({"side": "a"}, {})

    source = StoreMirrorSource([slow])
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(source.refresh)
        assert looking.wait(60)
        others = [threads.submit(source.refresh) for _ in range(4)]
        while not all(other.running() for other in others):
            time.sleep(0)
        go_on.set()
        assert all(asking.result(60) for asking in (first, *others))

    assert world.opened == {"a": 1}


def test_a_look_that_is_fresh_is_not_repeated(world):
    source = StoreMirrorSource([opener(world, "a")])
    assert source.refresh()
    source._looked_at = time.monotonic()
    assert source.refresh()
    assert world.opened == {"a": 1}

    source._looked_at -= FRESH_SECONDS
    assert source.refresh()
    assert world.opened == {"a": 2}


def test_who_waits_learns_of_the_next_record(world):
    source = StoreMirrorSource([opener(world, "a")])
    epoch = source.current().epoch
    assert not source.wait_beyond(epoch, 0.02)
    world.publish(RoutePhase.DUAL_A, "a")
    publisher = threading.Timer(0.02, world.mirror)
    publisher.start()

    assert source.wait_beyond(epoch, 10)
    publisher.join()


def test_a_router_needs_no_control_plane(world):
    source = StoreMirrorSource([opener(world, "a"), opener(world, "b")], ROUTE)
    with world.router(source) as router:
        router.set("id", b"x")
        world.switch()
        router.set("id", b"y")

    assert world.holds("b", "id") == b"y"
    assert world.holds("a", "id") == b"x"
