import hashlib
import json

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import ALL_BUCKETS, Tombstone, bucket_of
from migrations_app.stores.routed.redis import standing
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import DOCUMENT, FIRST, held_of, tomb
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place, now_ms

pytestmark = pytest.mark.servers


def test_a_store_under_another_route_is_not_taken(strings):
    with strings.ready() as store:
        with pytest.raises(ValidationFailed, match="another route"):
            store.join(WORKER, route="second", fence=9, document="{}", epoch=9)
        assert ({*store.fences()}, store.mirrored()) == ({1}, DOCUMENT)
        store.leave(WORKER)
        store.join(WORKER, route="second", fence=9, document="{}", epoch=9)

        assert {*store.fences()} == {9}


def test_leaving_keeps_what_else_lies_beside_and_goes_in_batches(strings, monkeypatch):
    monkeypatch.setattr(standing, "CHUNK_RECORDS", 3)
    monkeypatch.setattr(standing, "SCAN_COUNT", 10)
    with strings.ready() as store:
        for number in range(50):
            store.write(strings.record(f"id{number}"), FIRST)
        record = strings.record("described", ttl_ms=60_000, extra={"a": 1})
        store.write(record, FIRST)
        store.write(strings.record("brief", ttl_ms=5), FIRST, lifetime_ms=20)
        strings.let_pass(40)
        store.leave(WORKER)

        assert strings.keys() == ["snakeweb:meta:{session:described}", "snakeweb:versioned:session:"]
        assert strings.client.pexpiretime("snakeweb:meta:{session:described}") == record.expires_at_ms
        assert strings.same(store.read("described", None), record)
        assert store.read("described", None).version == UNVERSIONED
        assert strings.same(store.sessions.read(["described"])[0], record)


def test_two_prefixes_do_not_see_each_other(empty_redis):
    one, other = (RedisPlace(Place(empty_redis.config(prefix=prefix))) for prefix in ("s:", "s:x"))
    with one.ready() as first, other.open() as second:
        second.join(WORKER, route="other", fence=4, document="{}", epoch=4)
        first.write(one.record("one"), FIRST)
        second.adopt([tomb("one", Version(9, 9))], WORKER)
        assert ({*first.fences()}, {*second.fences()}) == ({1}, {4})
        second.leave(WORKER)

        assert first.read("one", FIRST) is not None
        assert first.joined()
        assert not second.joined()
    one.client.close()
    other.client.close()


def test_tombstones_of_one_millisecond_are_paged_while_others_are_forgotten(strings):
    bucket = bucket_of("gone")
    random = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(20_000)]
    names = [name for name in random if bucket_of(name) == bucket][:50]
    with strings.ready() as store:
        store.adopt([tomb(name, Version(2, 1)) for name in [*names, "elsewhere"]], WORKER)
        for name in names:  # as one script would leave them
            strings.client.zadd(f"snakeweb:dead:session::{bucket}", {name: 1_700_000_000_000})
        found, cursor = [], ""
        while True:
            page, cursor = store.tombstones(cursor, 7)
            assert len(page) <= 7
            found += page
            store.forget(page, WORKER)
            if not cursor:
                break
            assert not any(name in cursor or name.encode().hex() in cursor for name in names)

        assert sorted(dead.id for dead in found) == sorted([*names, "elsewhere"])
        assert store.tombstones("", 10) == ([], "")


def test_cursors_of_strangers_are_refused(strings):
    with strings.ready() as store, pytest.raises(ValidationFailed, match="cursor"):
        store.tombstones("nonsense", 5)


def test_an_entry_without_its_tombstone_is_cleared_away(strings):
    with strings.ready() as store:
        store.delete("one", FIRST)
        strings.client.delete("snakeweb:meta:{session:one}")
        (entry,), _ = store.tombstones("", 5)

        assert (entry.id, entry.version) == ("one", UNVERSIONED)
        assert store.forget([entry], WORKER) == 0
        assert store.tombstones("", 5) == ([], "")
        assert store.forget([Tombstone("one", Version(1, 1), 0)], WORKER) == 0


def test_what_the_store_tells_of_itself(disposable_redis):
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        before = store.incarnation()
        assert abs(store.now_ms() - now_ms()) < 60_000
        disposable_redis.restart()

        assert store.incarnation() != before
        assert store.joined()
    place.client.close()


def test_a_lost_fence_shows(strings):
    with strings.ready() as store:
        strings.client.delete("snakeweb:gate:session::3")

        assert [store.fences()[bucket] for bucket in (2, 3)] == [1, 0]
        strings.client.delete(*(f"snakeweb:gate:session::{bucket}" for bucket in ALL_BUCKETS))
        assert [*store.fences()] == []


def test_a_mirrored_record_alone_joins_nothing(strings):
    with strings.open() as store:
        store.sessions.initialise(WORKER)
        store.mirror(json.dumps({"epoch": 2}), 2, WORKER)

        assert not store.joined()
        assert store.mirrored() == '{"epoch": 2}'
        assert held_of(store, "one").version == UNVERSIONED
