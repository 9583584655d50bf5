import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.http_source import HttpRouteSource
from tests.routing.control_plane import ROUTE, TOKEN, ControlPlane


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


def test_only_web_addresses_are_asked():
    with pytest.raises(ValueError, match="http"):
        HttpRouteSource("file:///etc", ROUTE, TOKEN)


def test_its_client_id_is_its_process_unless_named():
    assert HttpRouteSource("http://a", ROUTE, TOKEN).client_id
