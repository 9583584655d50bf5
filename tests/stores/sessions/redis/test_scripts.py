import pytest
import redis

from migrations_app.engine.errors import InsufficientResources
from migrations_app.stores.sessions.records import Version
from migrations_app.stores.sessions.redis.meta import unpack
from tests.stores.sessions.place import WORKER, Place, now_ms

pytestmark = pytest.mark.servers


def test_what_has_no_place_lies_beside_the_value_and_dies_with_it(strings, client):
    deadline = now_ms() + 100_000
    with strings.ready() as store:
        store.apply([strings.record("a", ttl_ms=5, expires_at_ms=deadline)], WORKER)
        store.apply([strings.record("plain", version=Version(0, 0))], WORKER)

        beside = unpack(client.get("snakeweb:meta:{session:a}"))
        assert beside == [7, 1, b"", -1, -1, 5, b"", 0, 0, 0, b"", -1]
        assert client.pexpiretime("snakeweb:meta:{session:a}") == deadline
        assert not client.exists("snakeweb:meta:{session:plain}")
        assert client.exists("snakeweb:versioned:session:")
        store.delete(["a"], WORKER)
        assert not client.exists("snakeweb:meta:{session:a}")
        store.apply([strings.record("b")], WORKER)
        store.drop_created(WORKER)
        store.clear_worker_fences("run:7:")

    assert sorted(client.keys()) == [b"session:b", b"session:plain"]


def test_a_deadline_can_be_lifted_for_good(strings, client):
    with strings.ready() as store:
        store.apply([strings.record("a")], WORKER)
        store.apply([strings.record("a", expires_at_ms=None)], WORKER)
        assert client.ttl("session:a") == -1
        assert client.ttl("snakeweb:meta:{session:a}") == -1
        store.apply([strings.record("a")], WORKER)

        (read,) = store.read(["a"])

    assert read.expires_at_ms is None


def test_the_server_itself_refuses_writes_of_a_read_only_script(strings, client):
    client.set("session:a", "v")
    with strings.open(read_only=True) as store, pytest.raises(redis.ResponseError, match=r"[Ww]rite commands"):
        store._client.execute_command("EVAL_RO", "return redis.call('DEL', 'session:a')", 0)
    assert client.exists("session:a")


def test_a_full_server_is_short_of_resources(disposable_redis):
    place = Place(disposable_redis.config())
    with place.ready() as store:
        disposable_redis.command("CONFIG", "SET", "maxmemory", "1")

        with pytest.raises(InsufficientResources):
            store.apply([place.record()], WORKER)
