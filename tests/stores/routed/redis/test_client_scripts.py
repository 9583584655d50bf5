import pytest

from migrations_app.stores.routed.base import Guard, WriteOutcome, bucket_of
from migrations_app.stores.routed.redis.content import checksum
from migrations_app.stores.routed.redis.keys import GRACE_MS
from migrations_app.stores.sessions.redis.meta import unpack
from tests.stores.routed.place import FIRST, held_of, marks_of
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place, now_ms
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers
META = "snakeweb:meta:{session:one}"


def test_what_a_guarded_write_leaves_beside_the_value(strings):
    record = strings.record(ttl_ms=5, created_at_ms=7)
    with strings.ready() as store:
        version = store.write(record, FIRST).version
    beside = unpack(strings.client.get(META))

    assert beside[:7] == [0, 0, b"", 7, -1, 5, b""]
    assert beside[7:] == [*version, 0, checksum(record.value), record.expires_at_ms]
    assert strings.client.pexpiretime("session:one") == record.expires_at_ms
    assert strings.client.pexpiretime(META) == record.expires_at_ms + GRACE_MS


def test_a_session_that_never_ends_and_a_tombstone_are_kept_without_a_deadline(strings):
    with strings.ready() as store:
        assert store.write(strings.record(expires_at_ms=None), FIRST).expires_at_ms is None
        assert strings.client.ttl("session:one") == strings.client.ttl(META) == -1
        store.delete("one", FIRST)

    assert strings.client.ttl(META) == -1
    assert unpack(strings.client.get(META))[9] == 1
    assert strings.client.zscore(f"snakeweb:dead:session::{bucket_of('one')}", "one")


def test_a_bucket_without_its_fence_refuses(strings):
    """R34: the fence was evicted or deleted."""
    from_before = strings.record()
    with strings.ready() as store:
        store.write(from_before, FIRST)
        strings.client.delete(f"snakeweb:gate:session::{bucket_of('one')}")
        for call in (
            lambda: store.read("one", FIRST),
            lambda: store.write(strings.record(content=2), FIRST),
            lambda: store.touch("one", FIRST),
            lambda: store.delete("one", FIRST),
        ):
            with pytest.raises(Exception, match="epoch 0"):
                call()
        store.join(WORKER, route="main", fence=3, document="{}", epoch=3)

        assert strings.same(store.read("one", Guard(3, journaled=True)), from_before)


def test_a_lost_counter_mints_no_version_twice(strings):
    with strings.ready() as store:
        for _ in range(3):
            last = store.write(strings.record(), FIRST).version
        strings.client.delete(f"snakeweb:seq:session::{bucket_of('one')}")

        assert store.write(strings.record(), FIRST).version > last


def test_a_guarded_write_replaces_the_whole_hash_and_whatever_lies_there(empty_redis):
    place = RedisPlace(Place(empty_redis.config(**HASH)))
    place.client.hset("session:one", mapping={"data": "old", "more": "x"})
    place.client.rpush("session:two", "a list")
    with place.ready() as store:
        store.write(place.record("one", ttl_ms=5), FIRST)
        store.write(place.record("two"), FIRST)
        fields = place.client.hgetall("session:one")
        store.touch("one", FIRST)

        assert fields == {b"data": place.value(), b"ttl": b"5"}
        assert place.legacy_read("two") == place.value()
    place.client.close()


def test_a_plain_write_keeps_what_the_route_knows(strings):
    with strings.ready() as store:
        version = store.write(strings.record(), FIRST).version
        store.write(strings.record(content=2, ttl_ms=60_000), None)
        held = held_of(store, "one")

        assert (held.version, held.record.ttl_ms) == (version, 60_000)
        assert store.suspects(["one"], WORKER) == 1
        assert marks_of(store)["one"].version > version


def test_a_plain_touch_and_delete_take_along_what_lies_beside(strings):
    with strings.open() as store:
        store.sessions.initialise(WORKER)
        store.write(strings.record(ttl_ms=60_000), None, lifetime_ms=1_000)
        touched = store.touch("one", None)

        assert touched.outcome is WriteOutcome.WRITTEN
        assert abs(touched.expires_at_ms - now_ms() - 60_000) < 2_000
        assert strings.client.pexpiretime(META) == strings.client.pexpiretime("session:one") == touched.expires_at_ms
        assert store.delete("one", None)
        assert not strings.client.exists(META)


def test_a_plain_write_notes_no_access_alone(strings):
    with strings.open() as store:
        store.write(strings.record(last_accessed_at_ms=5), None)

    assert strings.client.keys() == [b"session:one"]
