"""The router over real stores: a whole switch and back, with the control plane silent, under every pair of kinds."""

import json
import threading

import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.errors import SessionExists, SessionMissing, WritesAreWaiting
from migrations_app.routing.record import to_document
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.routed.opening import open_routed
from migrations_app.testing.memory import MemoryRoutes
from tests.routing.children import in_a_child
from tests.routing.routed_world import HOUR_MS, ROUTE, HeldSource, RoutedWorld

pytestmark = pytest.mark.servers
RUN = WorkerToken("run:1", 1)
PAIRS = [("redis", "postgres"), ("postgres", "sqlite"), ("sqlite", "redis")]
NUMBERS = iter(range(1000))


class RealWorld(RoutedWorld):
    """The same movements over real stores."""

    def __init__(self, configs, secrets):
        self.configs, self.secrets = configs, secrets
        self.routes = MemoryRoutes()
        self.places = configs
        for side in configs:
            with self.store(side) as store:
                store.sessions.initialise(RUN)
        self.publish(RoutePhase.PLAIN_A, "a", fenced=False)

    def store(self, side):
        return open_routed(self.configs[side], self.secrets[side])

    def both(self, work):
        for side in self.configs:
            with self.store(side) as store:
                store.sessions.raise_worker_fence(RUN)
                work(store)

    def join(self):
        self.publish(RoutePhase.JOURNAL_A, "a")
        document = json.dumps(to_document(self.record))
        self.both(lambda store: store.join(RUN, route=ROUTE, fence=0, document=document, epoch=self.record.epoch))

    def mirror(self):
        self.both(lambda store: store.mirror(json.dumps(to_document(self.record)), self.record.epoch, RUN))

    def raise_fences(self, side, buckets=ALL_BUCKETS):
        with self.store(side) as store:
            store.raise_fence(buckets, self.record.epoch, RUN)

    def hand_off(self, authority, ids):
        """Carry `ids` over, and let `authority` serve."""
        other = "a" if authority == "b" else "b"
        self.publish(RoutePhase.HANDOFF if other == "a" else RoutePhase.HANDOFF_BACK, other)
        self.raise_fences(other)
        with self.store(other) as source, self.store(authority) as target:
            target.adopt(source.fetch(ids), RUN)
        self.publish(RoutePhase.DUAL_B if authority == "b" else RoutePhase.DUAL_A, authority)
        for side in self.configs:
            self.raise_fences(side)
        self.mirror()

    def holds(self, side, session_id):
        with self.store(side) as store:
            record = store.read(session_id, None)
            return record.value if record else None

    def router(self, source=None, **values):
        chosen = source or MemoryRouteSource(self.routes, ROUTE)
        return SessionRouter(chosen, self.configs, secrets=self.secrets, **{"retry_budget_seconds": 10.0, **values})


@pytest.fixture(params=PAIRS, ids="-".join)
def world(request, redis_server, postgres_server, tmp_path):
    number = next(NUMBERS)
    kinds = {
        "redis": lambda: (redis_server.config(prefix=f"router-{number}:", db=7), redis_server.secrets),
        "postgres": lambda: (postgres_server.config(table=f"router_{number}"), postgres_server.secrets),
        "sqlite": lambda: ({"store": "sqlite", "path": str(tmp_path / "store.db")}, {}),
    }
    if "redis" in request.param:  # its fences are one set per database
        redis_server.command("FLUSHALL")
    opened = {side: kinds[kind]() for side, kind in zip("ab", request.param, strict=True)}
    return RealWorld({side: one[0] for side, one in opened.items()}, {side: one[1] for side, one in opened.items()})


def test_plain_operations(world):
    with world.router() as router:
        assert router.get("id") is None
        router.set("id", b"1", ttl_ms=HOUR_MS, must_create=True)
        with pytest.raises(SessionExists):
            router.set("id", b"2", must_create=True)
        with pytest.raises(SessionMissing):
            router.set("other", b"2", must_exist=True)
        assert router.update("id", lambda session: session.value + b"!").value == b"1!"
        assert router.touch("id", 2 * HOUR_MS)
        assert router.get("id").ttl_ms == HOUR_MS
        assert router.delete("id")
        assert not router.delete("id")
        assert not router.touch("id")


def test_a_switch_and_back_with_the_control_plane_silent(world):
    world.join()
    source = HeldSource(world.routes, ROUTE)
    source.answers = False
    with world.router(source) as router:
        first = router.set("id", b"1", ttl_ms=HOUR_MS)
        dead = router.set("dead", b"x", ttl_ms=HOUR_MS)
        router.delete("dead")
        world.hand_off("b", ["id", "dead"])

        assert router.get("id").value == b"1"
        assert router.get("id").version == first.version
        assert router.get("dead") is None
        second = router.update("id", lambda session: session.value + b"2")
        assert second.version > first.version
        assert world.holds("a", "id") == b"1"
        assert world.holds("b", "id") == b"12"

        world.hand_off("a", ["id", "dead"])
        router.set("id", router.get("id").value + b"3", ttl_ms=HOUR_MS)
        assert world.holds("a", "id") == b"123"
        assert world.holds("b", "id") == b"12"
        assert router.set("dead", b"a second life", must_create=True).version > dead.version
        assert router.counters()["fenced"] == 2


def test_writes_wait_and_land_once_on_the_new_side(world):
    world.join()
    with world.router() as router:
        router.set("id", b"before", ttl_ms=HOUR_MS)
        world.publish(RoutePhase.HANDOFF, "a")
        world.raise_fences("a")
        writer = threading.Thread(target=router.set, args=("id", b"waited"))
        writer.start()
        assert router.get("id").value == b"before"
        with world.router(retry_budget_seconds=0.05) as impatient, pytest.raises(WritesAreWaiting):
            impatient.delete("id")
        world.publish(RoutePhase.DUAL_B, "b")
        writer.join(60)

    assert world.holds("a", "id") == b"before"
    assert world.holds("b", "id") == b"waited"


@pytest.mark.parametrize("fenced", [True, False])
def test_no_update_of_another_thread_is_lost(world, fenced):
    if fenced:
        world.join()
    with world.router(retry_budget_seconds=60) as router:
        router.set("id", b"0", ttl_ms=HOUR_MS)

        def count():
            for _ in range(20):
                router.update("id", lambda session: str(int(session.value) + 1).encode())

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert router.get("id").value == b"80"


def test_a_forked_child_has_connections_of_its_own(world):
    world.join()
    with world.router() as router:
        router.set("id", b"parent's")

        def check():
            router.set("child", b"x")
            found = router.get("id").value
            router.close()
            return found == b"parent's"

        assert in_a_child(check)
        assert router.get("child").value == b"x"
