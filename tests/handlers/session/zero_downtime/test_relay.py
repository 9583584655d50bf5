from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import LeaseLost, Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.zero_downtime.relay import NOTHING, adopt
from migrations_app.stores.routed.base import ALL_BUCKETS, Adopted, Held, bucket_of
from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.handlers.session.zero_downtime.world import InMemory


class Narrow(MemoryRoutedStore):
    """Cannot hold a value that begins with `too`."""

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        for state in held:
            if state.record is not None and state.record.value.startswith(b"too"):
                message = "the value does not fit"
                raise ValidationFailed(message, problems=[Problem("value", message, "Shorten it.", "too_long")])
        return super().adopt(held, worker, skew_ms=skew_ms)


def test_nothing_is_marked(world: InMemory) -> None:
    assert world.relay(world.pair()).carry(ALL_BUCKETS) == NOTHING


def test_writes_and_deletes_are_carried_and_their_marks_go(world: InMemory) -> None:
    world.write("one", b"1")
    world.write("two", b"2")
    world.delete("two")
    told: list[str] = []

    passed = world.relay(world.pair(), tell=told.extend).carry(ALL_BUCKETS)

    assert (sorted(passed.ids), passed.acknowledged, passed.stuck) == (["one", "two"], 2, 0)
    assert sorted(told) == ["one", "two"]
    assert (world.held("b", "one"), world.held("b", "two")) == (b"1", None)
    assert world.b.fetch(["two"])[0].dead
    assert world.a.journal(ALL_BUCKETS).depth == 0


def test_only_the_buckets_that_are_named(world: InMemory) -> None:
    world.write("one")
    others = [bucket for bucket in ALL_BUCKETS if bucket != bucket_of("one")]

    assert world.relay(world.pair()).carry(others) == NOTHING
    assert world.a.marked(["one"]) == {"one"}


def test_at_most_so_many_and_how_long_the_oldest_had_waited(world: InMemory) -> None:
    for number in range(5):
        world.write(f"id-{number}")
        world.let_pass(100)

    passed = world.relay(world.pair()).carry(ALL_BUCKETS, limit=2)

    assert (passed.ids, passed.oldest_ms) == (("id-0", "id-1"), 500)
    assert world.a.journal(ALL_BUCKETS).depth == 3


def test_a_session_that_changed_after_it_was_read_stays_marked(world: InMemory) -> None:
    world.write("one", b"1")
    relay = world.relay(world.pair(), tell=lambda ids: world.write("one", b"2"))

    assert relay.carry(ALL_BUCKETS).acknowledged == 0
    assert world.a.marked(["one"]) == {"one"}
    replace(relay, tell=tuple).carry(ALL_BUCKETS)
    assert world.held("b", "one") == b"2"


@pytest.mark.parametrize("point", ["relay.read", "relay.applied"])
def test_a_relay_that_dies_leaves_the_mark_and_the_next_one_carries_it(world: InMemory, point: str) -> None:
    world.write("one", b"1")
    with armed(f"{point}:raise"), pytest.raises(Crash):
        world.relay(world.pair()).carry(ALL_BUCKETS)
    assert world.a.marked(["one"]) == {"one"}

    assert world.relay(world.pair()).carry(ALL_BUCKETS).acknowledged == 1
    assert world.held("b", "one") == b"1"


def test_a_relay_that_was_replaced_is_refused_at_the_replica(world: InMemory) -> None:
    world.write("one", b"1")
    old = world.relay(world.pair())
    world.pair()

    with pytest.raises(LeaseLost):
        old.carry(ALL_BUCKETS)
    assert world.held("b", "one") is None


def test_what_the_replica_cannot_hold_keeps_its_mark_and_nobody_elses() -> None:
    world = InMemory(makes={"b": Narrow})
    for name, value in (("one", b"1"), ("two", b"too long"), ("three", b"3"), ("four", b"4")):
        world.write(name, value)

    passed = world.relay(world.pair()).carry(ALL_BUCKETS)

    assert (sorted(passed.ids), passed.stuck, passed.problem) == (["four", "one", "three"], 1, "the value does not fit")
    assert world.a.marked(["one", "two", "three", "four"]) == {"two"}
    assert (world.held("b", "four"), world.held("b", "two")) == (b"4", None)


def test_deadlines_are_given_by_the_replicas_clock(world: InMemory) -> None:
    until = world.a.now_ms() + 5000
    world.write("one", until=until)

    world.relay(world.pair(), skew_ms=300).carry(ALL_BUCKETS)

    found = world.b.sessions.read(["one"])[0]
    assert found is not None
    assert found.expires_at_ms == until + 300


def test_a_session_that_expired_under_a_version_is_carried_as_dead(world: InMemory) -> None:
    world.write("one", until=world.a.now_ms() + 5000)
    pair = world.pair()
    world.relay(pair).carry(ALL_BUCKETS)
    world.write("one", until=world.a.now_ms() + 10)  # shorter; the replica still has the long life
    world.let_pass(20)

    adopted = adopt(pair.b, world.a.fetch(["one"]), pair.worker, 0)

    assert (adopted.written, world.held("b", "one")) == (1, None)


def test_what_was_never_there_is_not_carried_at_all(world: InMemory) -> None:
    pair = world.pair()

    assert adopt(pair.b, world.a.fetch(["nobody"]), pair.worker, 0) == Adopted(0, 0, 0)
    assert not world.b.fetch(["nobody"])[0].dead
