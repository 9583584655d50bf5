import math
import os
import threading
import time

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.http_source import HttpRouteSource
from migrations_app.routing.mirror_source import StoreMirrorSource
from tests.routing.children import in_a_child
from tests.routing.control_plane import ROUTE, TOKEN, ControlPlane
from tests.routing.routed_world import ROUTE as ROUTED
from tests.routing.routed_world import RoutedWorld, soon


@pytest.fixture
def plane():
    with ControlPlane().serving() as plane:
        yield plane


def follow(plane, **values):
    return HttpRouteSource(plane.url, ROUTE, values.pop("token", TOKEN), client_id="web-1", **values)


def test_it_learns_of_a_new_record_and_acknowledges_it(plane):
    with follow(plane, counters=lambda: {"operations": 7}) as source:
        assert source.current().phase is RoutePhase.PLAIN_A
        assert plane.wait_for_lease(acked_epoch=1)

        plane.publish(RoutePhase.HANDOFF, "a")

        assert source.wait_beyond(1, 10)
        assert source.current().phase is RoutePhase.HANDOFF
        assert plane.wait_for_lease(acked_epoch=2, counters={"operations": 7}, boot_id=source.boot_id)


def test_an_operation_under_way_keeps_the_old_epoch(plane):
    with follow(plane) as source:
        with source.operation():
            plane.publish(RoutePhase.HANDOFF, "a")
            assert source.wait_beyond(1, 10)
            assert source.acknowledged() == 1
        assert plane.wait_for_lease(acked_epoch=2)


def test_it_goes_on_with_the_last_record_while_the_control_plane_is_silent():
    plane = ControlPlane()
    with plane.serving():
        source = follow(plane, timeout_seconds=1.0).start()
        assert source.wait_beyond(0, 10)
    port = int(plane.url.rsplit(":", 1)[1])

    assert source.current().epoch == 1
    assert not source.refresh()

    plane.publish(RoutePhase.SINGLE_B, "b")
    with plane.serving(port):
        assert source.wait_beyond(1, 15)
        assert source.current().authority == "b"
        source.close()


def test_without_a_first_record_it_does_not_start():
    with pytest.raises(DependencyUnavailable):
        HttpRouteSource("http://127.0.0.1:1", ROUTE, TOKEN, timeout_seconds=0.5).start()


def test_a_wrong_token_is_no_record(plane):
    with pytest.raises(DependencyUnavailable):
        follow(plane, token="another").start()


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b'{"epoch": 1, "buckets": []}', b"[]"])
def test_an_answer_that_is_no_record_leaves_the_last_one(plane, answer):
    source = follow(plane)
    assert source.refresh()
    plane.broken = answer

    assert not source.refresh()
    assert source.current().epoch == 1


@pytest.mark.parametrize("raw", [b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n{", b"nonsense\r\n\r\n"])
def test_after_answers_that_are_no_http_it_goes_on(plane, raw):
    with follow(plane, lease_seconds=0.3) as source:
        plane.raw = raw
        assert not source.refresh()
        assert eventually(lambda: plane.raw_answers["GET"] >= 3 and plane.raw_answers["PUT"] >= 2)
        plane.raw = None
        plane.publish(RoutePhase.HANDOFF, "a")

        assert source.wait_beyond(1, 10)
        assert plane.wait_for_lease(acked_epoch=2)


def test_whatever_fails_in_its_threads_they_go_on(plane):
    class Odd(HttpRouteSource):
        failures = dict.fromkeys(("route-follower", "route-lease"), 2)

        def offer(self, record):
            if self.failures.get(threading.current_thread().name, 0):
                self.failures[threading.current_thread().name] -= 1
                raise RuntimeError
            return super().offer(record)

    plane.answers_leases = True
    with Odd(plane.url, ROUTE, TOKEN, lease_seconds=0.3) as source:
        assert eventually(lambda: not any(source.failures.values()))
        plane.publish(RoutePhase.HANDOFF, "a")

        assert source.wait_beyond(1, 10)
        assert plane.wait_for_lease(acked_epoch=2)


def test_a_reporter_that_fails_costs_no_lease(plane):
    def broken():
        raise RuntimeError

    with follow(plane, counters=broken, lease_seconds=0.3) as source:
        source.report_from(lambda: {"operations": 7})
        first = source.lease_ends
        assert eventually(lambda: source.lease_ends > first)
        assert plane.wait_for_lease(counters={"operations": 7})


def test_the_token_goes_to_no_other_address(plane):
    with ControlPlane().serving() as other:
        answer = f"HTTP/1.0 302 Found\r\nLocation: {other.url}/api/v1/routes/{ROUTE}\r\nContent-Length: 0\r\n\r\n"
        plane.raw = answer.encode()

        assert not follow(plane).refresh()
        assert other.requests == 0


def test_a_hand_off_is_over_when_the_control_plane_says_so(plane):
    record = plane.publish(RoutePhase.HANDOFF, "a", handoff_deadline=soon(seconds=60))
    source = follow(plane)
    assert not source.handoff_is_over(record)
    plane.ahead_seconds = 61
    assert source.handoff_is_over(record)
    plane.publish(RoutePhase.HANDOFF, "a", handoff_deadline=soon(seconds=120))

    assert not source.handoff_is_over(record)
    assert not source.handoff_is_over(source.current())


@pytest.mark.parametrize("ahead_seconds", [-60, None])
def test_a_client_whose_clock_is_ahead_writes_into_no_hand_off(plane, ahead_seconds):
    world, plane.ahead_seconds = RoutedWorld(), ahead_seconds
    plane.publish(RoutePhase.HANDOFF, "a", handoff_deadline=soon(seconds=-1))
    with follow(plane) as source, world.router(source, retry_budget_seconds=0.3) as router:
        with pytest.raises(WritesAreWaiting):
            router.set("id", b"x")
        assert world.holds("a", "id") is None

        plane.ahead_seconds = 0
        router.set("id", b"x")


def test_without_start_the_first_operation_of_a_router_registers(plane):
    source = follow(plane)
    world = RoutedWorld()
    with world.router(source) as router:
        router.set("id", b"x")
        lease = plane.leases["web-1"]
        assert lease["acked_epoch"] == 1
        router.get("id")
        plane.publish(RoutePhase.HANDOFF, "a")
        assert plane.wait_for_lease(acked_epoch=2)
    source.close()

    counters = plane.leases["web-1"]["counters"]
    assert (counters["operations"], counters["errors"]) == (2, 0)


def test_the_highest_seq_of_the_writes_is_reported(plane):
    plane.publish(RoutePhase.DUAL_A, "a", fenced=True)
    world = RoutedWorld()
    world.join()
    with follow(plane) as source, world.router(source) as router:
        for _ in range(3):
            router.set("id", b"x")
        plane.publish(RoutePhase.DUAL_A, "a", fenced=True)
        assert plane.wait_for_lease(acked_epoch=3, max_acked_seq=3)


def test_a_renewal_brings_the_newest_record(plane):
    source = follow(plane)
    assert source.refresh()
    plane.answers_leases = True
    plane.publish(RoutePhase.HANDOFF, "a")
    source._renew()

    assert source.current().epoch == 2


def test_the_lease_is_measured_from_before_its_request(plane):
    source = follow(plane)
    assert source.lease_ends == -math.inf
    before = time.monotonic()
    with source:
        assert before + 10 <= source.lease_ends <= time.monotonic() + 10


def test_the_lease_is_kept_and_runs_out_when_the_control_plane_falls_silent():
    plane = ControlPlane()
    with plane.serving():
        source = follow(plane, lease_seconds=0.3, timeout_seconds=1.0).start()
        first = source.lease_ends
        assert eventually(lambda: source.lease_ends > first + 0.3)
    assert eventually(lambda: source.lease_ends < time.monotonic())
    source.close()


def test_a_dead_control_plane_at_the_start_is_replaced_by_the_mirror():
    world = RoutedWorld()
    world.join()
    mirror = StoreMirrorSource([lambda: world.store("a")], ROUTED)
    source = HttpRouteSource("http://127.0.0.1:1", ROUTED, TOKEN, timeout_seconds=0.5, mirror=mirror)
    with source, world.router(source) as router:
        written = router.set("id", b"x")

    assert written.version.epoch == world.record.epoch
    assert not source.refresh()


def test_a_child_is_a_client_of_its_own(plane):
    with follow(plane) as source, RoutedWorld().router(source) as router:
        router.get("id")
        boot = source.boot_id

        def check():
            router.get("id")
            return source.boot_id != boot and source.client_id == f"web-1-{os.getpid()}"

        assert in_a_child(check)
        assert set(plane.leases) > {"web-1"}
        assert source.boot_id == boot


def test_who_asks_at_the_same_time_shares_one_answer(plane):
    source = follow(plane)
    with plane.changed:  # the answer waits for this lock
        threads = [threading.Thread(target=source.refresh) for _ in range(5)]
        for thread in threads:
            thread.start()
        assert eventually(lambda: plane.requests == 1)
    for thread in threads:
        thread.join()

    assert source.current().epoch == 1
    assert plane.requests < 5


def eventually(condition):
    ends = time.monotonic() + 60
    while not condition():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.01)
    return True


def test_only_web_addresses_are_asked():
    with pytest.raises(ValueError, match="http"):
        HttpRouteSource("file:///etc", ROUTE, TOKEN)


def test_its_client_id_is_its_process_unless_named():
    assert HttpRouteSource("http://a", ROUTE, TOKEN).client_id
