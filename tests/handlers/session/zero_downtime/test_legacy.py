import time
from collections.abc import Sequence

import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime import legacy
from migrations_app.handlers.session.zero_downtime.legacy import LegacyWatch
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.handlers.session.zero_downtime.world import InMemory


class Telling(MemoryRoutedStore):
    """As Redis does it: names what changed, and counts what a look finds."""

    looked: tuple[str, ...] = ()

    def changed_ids(self) -> list[str]:
        return ["one", "two"]

    def suspects(self, ids: Sequence[str], worker: WorkerToken) -> int:
        self.looked += tuple(ids)
        return 0


def test_plain_writes_to_the_serving_side_are_counted_and_said_once(world: InMemory) -> None:
    pair = world.pair()
    world.a.write(SessionRecord("one", b"1"), None)
    watch = LegacyWatch(world.background(pair.worker), pair)

    watch.look(world.record)
    assert watch.told()["legacy_writes"] == 1
    assert "1 write(s) did not follow the route" in world.log.lines[-1]

    later = LegacyWatch(world.background(pair.worker), pair, watch.told())
    later.look(world.record)
    assert len(world.log.lines) == 1


def test_the_quiet_goes_on_over_a_change_of_drivers(world: InMemory) -> None:
    pair = world.pair()
    before = {"legacy_quiet_ms": 50_000, "legacy_by_side": {"a": 0}}

    later = LegacyWatch(world.background(pair.worker), pair, before, age_seconds=20.0)
    assert 70_000 <= later.told()["legacy_quiet_ms"] < 80_000

    world.a.write(SessionRecord("one", b"1"), None)
    later.look(world.record)
    assert later.told()["legacy_quiet_ms"] < 10_000


def test_a_side_that_begins_to_serve_brings_nothing_new(world: InMemory) -> None:
    pair = world.pair()
    world.a.write(SessionRecord("one", b"1"), None)
    watch = LegacyWatch(world.background(pair.worker), pair, {"legacy_by_side": {"a": 1, "b": 4}})
    watch.look(world.record)

    assert (watch.told()["legacy_writes"], world.log.lines) == (5, [])


def test_it_looks_once_a_second(world: InMemory) -> None:
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair)
    watch.look(world.record)
    world.a.write(SessionRecord("one", b"1"), None)

    watch.look(world.record)
    assert watch.told()["legacy_writes"] == 0


def test_writes_through_the_route_are_none_of_its_business(world: InMemory) -> None:
    world.write("one")
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair)
    watch.look(world.record)

    assert (watch.told()["legacy_writes"], world.log.lines) == (0, [])


def test_keys_that_a_server_names_are_looked_at_where_they_are_served() -> None:
    world = InMemory(makes={"a": Telling, "b": Telling})
    pair = world.pair()
    world.publish(RoutePhase.HANDOFF)
    world.publish(RoutePhase.DUAL_B)

    LegacyWatch(world.background(pair.worker), pair).look(world.record)

    assert isinstance(pair.a, Telling)
    assert isinstance(pair.b, Telling)
    assert (pair.a.looked, pair.b.looked) == ((), ("one", "two"))


def test_many_ids_are_looked_at_little_by_little_and_it_is_quiet_only_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(legacy, "AT_ONCE", 1)
    world = InMemory(makes={"a": Telling})
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair)
    monkeypatch.setattr(legacy, "LOOK_SECONDS", 0.0)

    quiet = [0]
    for _ in range(4):
        watch.look(world.record)
        quiet.append(watch.told()["legacy_quiet_ms"])
        time.sleep(0.01)

    assert isinstance(pair.a, Telling)
    assert pair.a.looked == ("one", "two", "one", "two")
    assert quiet[1] == 0
    assert quiet[2] == quiet[3] < quiet[4]


def test_a_store_that_may_have_missed_a_write_was_not_quiet() -> None:
    class Blind(Telling):
        def watches(self) -> bool:
            return False

    world = InMemory(makes={"a": Blind})
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair, {"legacy_quiet_ms": 50_000, "legacy_by_side": {"a": 0}})
    watch.look(world.record)

    assert watch.told()["legacy_quiet_ms"] < 10_000
