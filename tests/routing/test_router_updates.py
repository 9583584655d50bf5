import threading

import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.errors import SessionChanged, SessionMissing
from migrations_app.stores.sessions.records import Version
from tests.routing.routed_world import HOUR_MS, RoutedWorld


@pytest.fixture
def world():
    return RoutedWorld()


@pytest.fixture
def router(world):
    with world.router() as router:
        yield router


def test_it_changes_what_is_there(world, router):
    router.set("id", b"1", ttl_ms=HOUR_MS)

    assert router.update("id", lambda session: session.value + b"2").value == b"12"
    assert router.update("id", lambda session: None).value == b"12"
    assert router.update("nobody", lambda session: b"x") is None
    assert world.holds("a", "id") == b"12"


@pytest.mark.parametrize("fenced", [True, False])
def test_no_update_of_another_thread_is_lost(world, router, fenced):
    if fenced:
        world.join()
    router.set("id", b"0")

    def count():
        for _ in range(50):
            router.update("id", lambda session: str(int(session.value) + 1).encode())

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert router.get("id").value == b"200"


@pytest.mark.parametrize("fenced", [True, False])
def test_who_is_always_too_late_hears_of_it(world, fenced):
    if fenced:
        world.join()
    with world.router(retry_budget_seconds=0.05) as router, world.router() as other:
        router.set("id", b"0")

        def interrupted(session):
            other.set("id", session.value + b"!")
            return b"mine"

        with pytest.raises(SessionChanged):
            router.update("id", interrupted)

    assert b"mine" not in world.holds("a", "id")


def test_an_update_that_was_read_under_a_guard_goes_on_after_the_route_was_left(world, router):
    world.join()
    router.set("id", b"0")

    seen = []

    def left_meanwhile(session):
        seen.append(session.version)
        world.publish(RoutePhase.PLAIN_A, "a", fenced=False)
        return session.value + b"!"

    assert router.update("id", left_meanwhile).value == b"0!"
    assert seen == [Version(2, 1)]


def test_no_update_is_lost_where_the_route_begins_to_be_guarded(world, router):
    router.set("id", b"0")

    def joined_meanwhile(session):
        if not world.record.fenced:
            router.set("id", session.value + b"other's")
            world.join()
        return session.value + b"!"

    assert router.update("id", joined_meanwhile).value == b"0other's!"


def test_a_session_that_ended_meanwhile_stays_dead(world, router):
    world.join()
    router.set("id", b"0")

    def interrupted(session):
        router.delete("id")
        return b"mine"

    assert router.update("id", interrupted) is None
    assert router.get("id") is None


def test_a_version_can_be_required(world, router):
    world.join()
    first = router.set("id", b"1")
    second = router.set("id", b"2", expected=first.version)

    with pytest.raises(SessionChanged):
        router.set("id", b"3", expected=first.version)
    with pytest.raises(SessionMissing):
        router.set("nobody", b"3", expected=Version(1, 1))
    assert router.get("id").version == second.version
