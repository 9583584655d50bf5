"""The router over real stores where a route has no fences: a switch waits for acknowledgements alone."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import UNVERSIONED, Codec
from migrations_app.testing.memory import MemoryRoutes

RUN = WorkerToken("run:1", 1)
HOUR_MS = 3_600_000
PREFIX_NUMBERS = iter(range(10_000))


class World:
    """Two stores and a route that says who serves."""

    def __init__(self, a, b, secrets):
        self.configs = {"a": a, "b": b}
        self.secrets = {"a": secrets, "b": {}}
        self.routes = MemoryRoutes()
        self.publish(RoutePhase.PLAIN_A, "a")
        with self.store("b") as store:
            store.initialise(RUN)

    def publish(self, phase, authority, deadline=None):
        known = self.routes.get("web")
        epoch = known.epoch if known else 0
        record = RouteRecord("web", epoch + 1, phase, authority, {}, deadline)
        self.routes.publish(record, expected_epoch=epoch or None)

    def store(self, side):
        return open_store(self.configs[side], self.secrets[side])

    def holds(self, side, id_):
        with self.store(side) as store:
            return store.read([id_])[0]

    def client(self, **values):
        source = MemoryRouteSource(self.routes, "web")
        return SessionRouter(source, self.configs, secrets=self.secrets, **values)


@pytest.fixture
def world(redis_server, tmp_path):
    a = redis_server.config(prefix=f"client-{next(PREFIX_NUMBERS)}:")
    return World(a, {"store": "sqlite", "path": str(tmp_path / "b.db")}, redis_server.secrets)


@pytest.fixture
def client(world):
    with world.client() as client:
        yield client


def test_a_session_from_its_creation_to_its_end(client):
    assert client.get("id") is None
    written = client.set("id", b"value", ttl_ms=HOUR_MS)

    read = client.get("id")
    assert (read.value, read.ttl_ms, read.expires_at_ms) == (b"value", HOUR_MS, written.expires_at_ms)
    assert client.delete("id")
    assert not client.delete("id")
    assert client.get("id") is None


def test_a_touch_moves_a_sliding_deadline_and_leaves_a_fixed_one(client):
    sliding = client.set("sliding", b"x", ttl_ms=HOUR_MS)
    fixed = client.set("fixed", b"x", expires_at_ms=sliding.expires_at_ms)

    assert client.touch("sliding", 2 * HOUR_MS)
    assert client.touch("fixed")
    assert not client.touch("nobody")

    assert client.get("sliding").expires_at_ms >= sliding.expires_at_ms + HOUR_MS
    assert client.get("fixed").expires_at_ms == fixed.expires_at_ms


def test_values_carry_the_codec_of_the_client(world):
    with world.client(codec=Codec.JSON) as client:
        client.set("id", b"{}")
        assert client.get("id").codec is Codec.JSON


def test_reads_and_writes_go_to_the_authority(world, client):
    client.set("old", b"on a")
    world.publish(RoutePhase.SINGLE_B, "b")
    client.set("new", b"on b")

    assert client.get("old") is None
    assert world.holds("a", "new") is None
    assert world.holds("b", "new").value == b"on b"


def test_in_a_hand_off_reads_go_on_and_writes_wait_for_the_new_authority(world, client):
    client.set("id", b"before")
    world.publish(RoutePhase.HANDOFF, "a", datetime.now(UTC) + timedelta(minutes=1))
    writer = threading.Thread(target=write_with, args=[world])
    writer.start()

    assert client.get("id").value == b"before"
    assert writer.is_alive()
    world.publish(RoutePhase.SINGLE_B, "b")
    writer.join(60)

    assert world.holds("b", "id").value == b"while it waited"
    assert world.holds("a", "id").value == b"before"


def write_with(world):
    with world.client() as client:
        client.set("id", b"while it waited")


def test_beyond_the_budget_the_caller_hears_of_it(world):
    world.publish(RoutePhase.HANDOFF, "a", datetime.now(UTC) + timedelta(minutes=1))
    with world.client(retry_budget_seconds=0.1) as client:
        for write in (lambda: client.set("id", b"x"), lambda: client.touch("id"), lambda: client.delete("id")):
            with pytest.raises(WritesAreWaiting) as refused:
                write()

    assert refused.value.retryable
    assert world.holds("a", "id") is None


def test_after_the_deadline_writes_go_to_the_authority_again(world, client):
    world.publish(RoutePhase.HANDOFF, "a", datetime.now(UTC) + timedelta(milliseconds=80))

    client.set("id", b"x")

    assert datetime.now(UTC) >= world.routes.get("web").handoff_deadline
    assert world.holds("a", "id").value == b"x"


def test_after_the_deadline_a_silent_control_plane_is_not_taken_for_consent(world):
    class Silent(MemoryRouteSource):
        answers = True

        def refresh(self):
            return super().refresh() if self.answers else False

    world.publish(RoutePhase.HANDOFF, "a", datetime.now(UTC) - timedelta(seconds=1))
    source = Silent(world.routes, "web")
    source.refresh()
    source.answers = False
    with SessionRouter(source, world.configs, secrets=world.secrets, retry_budget_seconds=0.1) as client:
        with pytest.raises(WritesAreWaiting):
            client.set("id", b"x")
        assert client.get("id") is None


def test_a_client_that_lost_its_fence_writes_all_the_same(world, client):
    world.publish(RoutePhase.SINGLE_B, "b")
    client.set("first", b"x")
    with world.store("b") as store:
        store.clear_worker_fences("client")

    client.set("second", b"x")

    assert world.holds("b", "second").value == b"x"


def test_two_clients_do_not_refuse_each_other(world):
    with world.client() as one, world.client() as other:
        one.set("id", b"1")
        other.set("id", b"2")
        one.set("id", b"3")
        assert other.get("id").value == b"3"


def test_a_client_writes_over_what_a_migration_copied(world, client):
    world.publish(RoutePhase.SINGLE_B, "b")
    client.set("id", b"copied")
    client.touch("id", HOUR_MS)

    assert world.holds("b", "id").version == UNVERSIONED


def test_errors_of_the_store_are_its_own(world):
    world.configs["a"] = {"store": "redis", "host": "127.0.0.1", "port": 1}
    with world.client() as client, pytest.raises(DependencyUnavailable) as raised:
        client.get("id")

    assert not isinstance(raised.value, WritesAreWaiting)


def test_it_is_importable_without_django():
    code = (
        "import sys, migrations_app.routing, migrations_app.routing.gateway_server;"
        "sys.exit(any(name.split('.')[0] in ('django', 'celery', 'channels') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
