from typing import ClassVar

import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime import incarnations
from migrations_app.handlers.session.zero_downtime.incarnations import Incarnations, forgetful
from migrations_app.stores.routed.base import Fenced, Guard
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.handlers.session.moves import ROUTE
from tests.handlers.session.zero_downtime.world import InMemory


class Failing(MemoryRoutedStore):
    """A server that fails over when `number` grows."""

    number: ClassVar[int] = 1

    def incarnation(self) -> str:
        return f"server {type(self).number}"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    """Each side may fail over by itself; the watch looks as often as it is asked."""
    monkeypatch.setattr(incarnations, "LOOK_SECONDS", 0.0)
    return InMemory(makes={"a": type("A", (Failing,), {}), "b": type("B", (Failing,), {})})


def fail_over(world: InMemory, side: str) -> None:
    type(world.side(side)).number = 2  # type: ignore[attr-defined]


def watching(world: InMemory) -> Incarnations:
    pair = world.pair()
    return Incarnations.of(world.background(pair.worker), pair, ROUTE)


def test_servers_that_stay_what_they_are(failing: InMemory) -> None:
    watch = watching(failing)
    watch.look(failing.record)
    watch.look(failing.record)

    assert (failing.record.epoch, failing.log.lines) == (5, [])
    assert watch.known == {"a": "server 1", "b": "server 1"}


def test_a_new_incarnation_of_the_serving_side_gets_a_new_epoch_and_the_gates_close(failing: InMemory) -> None:
    panel = {"clean_since": "2026-03-02T09:00:00+00:00", "passes": 9, "repaired_in_all": 4}
    failing.live.show(ROUTE, "verifier", panel)
    watch = watching(failing)
    watch.look(failing.record)
    fail_over(failing, "a")

    watch.look(failing.record)

    assert (failing.record.epoch, failing.record.phase) == (6, RoutePhase.DUAL_A)
    assert set(failing.a.fences()) == {6}
    assert '"epoch":6' in failing.a.mirrored()
    assert failing.live.panels["verifier"]["clean_since"] == ""
    assert failing.live.panels["verifier"]["repaired_in_all"] == 4
    assert "Side a" in failing.log.lines[-1]
    with pytest.raises(Fenced):
        failing.a.write(SessionRecord("one", b"1"), Guard(5, journaled=True))
    watch.look(failing.record)
    assert failing.record.epoch == 6


def test_acknowledged_writes_that_it_forgot_are_reported(failing: InMemory) -> None:
    failing.write("one")
    failing.write("one")
    watch = watching(failing)
    watch.look(failing.record)
    fail_over(failing, "a")
    route = failing.places["a"].route
    assert route is not None
    for bucket in route.buckets:
        bucket.seq = 0

    watch.look(failing.record)

    assert "In 1 bucket(s) it forgot writes that it had acknowledged." in failing.log.lines[-1]


def test_the_replica_gets_no_epoch_but_everything_is_compared_anew(failing: InMemory) -> None:
    watch = watching(failing)
    watch.look(failing.record)
    fail_over(failing, "b")
    watch.look(failing.record)

    assert failing.record.epoch == 5
    assert failing.live.panels["verifier"]["clean_since"] == ""


def test_a_hand_off_under_way_ends_first_and_then_every_bucket_gets_a_new_epoch(failing: InMemory) -> None:
    watch = watching(failing)
    watch.look(failing.record)
    record = failing.publish(RoutePhase.HANDOFF, range(1))
    fail_over(failing, "a")
    watch.look(record)
    assert (failing.record, watch.known["a"]) == (record, "server 1")

    ended = failing.publish(RoutePhase.DUAL_A, range(1))
    watch.look(failing.record)

    assert {part.epoch for part in failing.record.ranges} == {ended.epoch + 1}
    assert watch.known["a"] == "server 2"


def test_a_side_that_does_not_serve_gets_its_fences_back(failing: InMemory) -> None:
    """Else a client of before the hand-over, woken up, writes to a store that nobody reads any more."""
    failing.publish(RoutePhase.HANDOFF)
    failing.publish(RoutePhase.DUAL_B)
    watch = watching(failing)
    watch.look(failing.record)
    fail_over(failing, "a")
    route = failing.places["a"].route
    assert route is not None
    for bucket in route.buckets:
        bucket.fence = 3  # as it was in the snapshot that it came back with

    watch.look(failing.record)

    with pytest.raises(Fenced):
        failing.a.write(SessionRecord("one", b"1"), Guard(5, journaled=True))


def test_a_side_that_was_another_server_once_may_have_forgotten(failing: InMemory) -> None:
    watch = watching(failing)
    watch.look(failing.record)
    assert forgetful(failing.live.panels["incarnations"]) == frozenset()
    fail_over(failing, "a")
    watch.look(failing.record)

    assert forgetful(failing.live.panels["incarnations"]) == {"a"}
    assert watching(failing).forgetful == {"a"}


def test_each_side_serves_its_buckets_on(failing: InMemory) -> None:
    failing.publish(RoutePhase.HANDOFF, range(26))
    failing.publish(RoutePhase.DUAL_B, range(26))
    watch = watching(failing)
    watch.look(failing.record)
    fail_over(failing, "b")

    watch.look(failing.record)

    assert [(part.first, part.last, part.phase, part.epoch) for part in failing.record.ranges] == [
        (0, 25, RoutePhase.DUAL_B, 8),
        (26, 255, RoutePhase.DUAL_A, 5),
    ]


def test_the_next_driver_knows_what_the_one_before_had_seen(failing: InMemory) -> None:
    watching(failing).look(failing.record)
    fail_over(failing, "a")

    watching(failing).look(failing.record)
    assert failing.record.epoch == 6


def test_it_looks_once_a_second(world: InMemory) -> None:
    watch = watching(world)
    watch.look(world.record)
    known = dict(watch.known)
    watch.known["a"] = "another"
    watch.look(world.record)

    assert (world.record.epoch, known["a"]) == (5, world.a.incarnation())
