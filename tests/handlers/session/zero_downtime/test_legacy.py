from collections.abc import Sequence

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
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
    assert watch.seen == 1
    assert "1 write(s) did not follow the route" in world.log.lines[-1]

    later = LegacyWatch(world.background(pair.worker), pair)
    later.seen = 1
    later.look(world.record)
    assert len(world.log.lines) == 1


def test_it_looks_once_a_second(world: InMemory) -> None:
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair)
    watch.look(world.record)
    world.a.write(SessionRecord("one", b"1"), None)

    watch.look(world.record)
    assert watch.seen == 0


def test_writes_through_the_route_are_none_of_its_business(world: InMemory) -> None:
    world.write("one")
    pair = world.pair()
    watch = LegacyWatch(world.background(pair.worker), pair)
    watch.look(world.record)

    assert (watch.seen, world.log.lines) == (0, [])


def test_keys_that_a_server_names_are_looked_at_where_they_are_served() -> None:
    world = InMemory(makes={"a": Telling, "b": Telling})
    pair = world.pair()
    world.publish(RoutePhase.HANDOFF)
    world.publish(RoutePhase.DUAL_B)

    LegacyWatch(world.background(pair.worker), pair).look(world.record)

    assert isinstance(pair.a, Telling)
    assert isinstance(pair.b, Telling)
    assert (pair.a.looked, pair.b.looked) == ((), ("one", "two"))
