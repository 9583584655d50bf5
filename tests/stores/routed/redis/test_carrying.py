import pytest

from migrations_app.stores.routed.base import ALL_BUCKETS, Adopted, Mark, bucket_of
from migrations_app.stores.routed.redis import carrying
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import FIRST, held_of, marks_of, settle, tomb
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place, now_ms
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers
MINUTE = 60_000


@pytest.fixture(params=["string", "hash"])
def place(request, empty_redis):
    place = RedisPlace(Place(empty_redis.config(**(HASH if request.param == "hash" else {}))))
    yield place
    place.client.close()


def test_every_kind_of_write_without_a_guard_is_found(place):
    names = ["value", "deadline", "endless", "gone", "risen", "same", "expired", "touched"]
    with place.ready() as store:
        for name in names:
            store.write(place.record(name), FIRST)
        store.delete("risen", FIRST)
        store.write(place.record("expired"), FIRST, lifetime_ms=20)
        place.legacy_write("touched", place.value("before"), now_ms() + MINUTE)
        place.let_pass(40)
        settle(store)
        before = {name: held_of(store, name).version for name in names}

        place.legacy_write("value", place.value("legacy"), held_of(store, "value").record.expires_at_ms)
        place.client.pexpire("session:deadline", 2 * MINUTE)
        place.client.persist("session:endless")
        place.legacy_delete("gone")
        place.legacy_write("risen", place.value("again"), now_ms() + MINUTE)
        store.touch("touched", FIRST, MINUTE)
        changed = {"value", "deadline", "endless", "gone", "risen", "touched"}

        assert store.suspects(names, WORKER) == len(changed)
        assert store.suspects(names, WORKER) == 0
        assert store.legacy_writes() == len(changed)
        assert {name for name in names if held_of(store, name).version > before[name]} == changed
        assert marks_of(store).keys() == changed
        assert [dead.id for dead in store.tombstones("", 10)[0]] == ["gone"]
        assert held_of(store, "endless").record.expires_at_ms is None


def test_a_field_of_a_hash_that_legacy_code_sets_is_found(empty_redis):
    place = RedisPlace(Place(empty_redis.config(**HASH)))
    with place.ready() as store:
        store.write(place.record(), FIRST)
        place.client.hset("session:one", "agent", "x")

        assert store.suspects(["one"], WORKER) == 1
        assert held_of(store, "one").record.extra == {"agent": "eA=="}
    place.client.close()


def test_a_session_from_before_the_route_is_no_suspect(place):
    place.legacy_write("old", place.value(), now_ms() + MINUTE)
    with place.ready() as store:
        assert store.suspects(["old", "never"], WORKER) == 0
        assert held_of(store, "old").version == UNVERSIONED


def test_work_in_chunks_is_the_same_work(place, monkeypatch):
    monkeypatch.setattr(carrying, "CHUNK_RECORDS", 7)
    monkeypatch.setattr(carrying, "FEW", 3)
    names = [f"id{n}" for n in range(40)]
    with place.ready() as store:
        assert store.adopt([place.held(name, Version(1, 5)) for name in names], WORKER) == Adopted(40, 0, 0)
        assert [held.version for held in store.fetch(names)] == [Version(1, 5)] * 40
        for name in names:
            place.legacy_write(name, place.value("x"), now_ms() + MINUTE)
        assert store.suspects(names, WORKER) == 40
        assert store.acknowledge(list(marks_of(store).values()), WORKER) == 40


def test_marks_come_from_every_bucket_up_to_the_limit(place):
    with place.ready() as store:
        for number in range(60):
            store.write(place.record(f"id{number}"), FIRST)
        busy = bucket_of("id0")
        here = [f"more{number}" for number in range(20_000) if bucket_of(f"more{number}") == busy][:30]
        for name in here:
            store.write(place.record(name), FIRST)

        assert len(store.marks(ALL_BUCKETS, 1000)) == 90
        some = store.marks(ALL_BUCKETS, 80)
        assert len(some) == 80
        assert [mark.since_ms for mark in some] == sorted(mark.since_ms for mark in some)
        assert len(store.marks([busy], 5)) == 5
        assert store.marks(ALL_BUCKETS, 0) == []


def test_a_mark_whose_session_has_expired_is_acknowledged(place):
    with place.ready() as store:
        store.write(place.record("short"), FIRST, lifetime_ms=20)
        store.write(place.record("lost"), FIRST, lifetime_ms=20)
        marks = marks_of(store)
        place.let_pass(40)
        place.client.delete("snakeweb:meta:{session:lost}")

        assert store.acknowledge(list(marks.values()), WORKER) == 2
        assert marks_of(store) == {}


def test_a_mark_of_a_session_that_lost_its_metadata_alone_stays(place):
    with place.ready() as store:
        store.write(place.record(), FIRST)
        mark = marks_of(store)["one"]
        place.client.delete("snakeweb:meta:{session:one}")

        assert store.acknowledge([mark], WORKER) == 0
        assert store.acknowledge([Mark("one", mark.bucket, UNVERSIONED, 0)], WORKER) == 1


def test_marked_tells_which_ones(place):
    with place.ready() as store:
        store.write(place.record("one"), FIRST)

        assert store.marked(["one", "two"]) == {"one"}
        assert store.marked([]) == set()


def test_what_is_no_session_of_the_layout_is_not_carried(empty_redis):
    place = RedisPlace(Place(empty_redis.config(**HASH)))
    place.client.hset("session:odd", "other", "1")
    place.client.set("session:string", "x")
    with place.ready() as store:
        assert [held.record for held in store.fetch(["odd", "string"])] == [None, None]
    place.client.close()


def test_an_equal_version_does_not_bring_back_what_vanished_here(place):
    held = place.held("one", Version(7, 1))
    with place.ready() as store:
        store.adopt([held, tomb("two", Version(7, 1))], WORKER)
        place.legacy_delete("one")
        place.legacy_write("two", place.value(), now_ms() + MINUTE)

        assert store.adopt([held, place.held("two", Version(7, 1))], WORKER) == Adopted(0, 0, 2)
        assert store.adopt([place.held("one", Version(7, 2))], WORKER) == Adopted(1, 0, 0)


def test_an_unversioned_session_raises_its_deadline_too(place):
    soon, later = now_ms() + MINUTE, now_ms() + 2 * MINUTE
    with place.ready() as store:
        store.adopt([place.held("one", UNVERSIONED, expires_at_ms=soon)], WORKER)
        assert store.adopt([place.held("one", UNVERSIONED, expires_at_ms=later)], WORKER) == Adopted(0, 1, 0)

        assert held_of(store, "one").record.expires_at_ms == later
        assert store.suspects(["one"], WORKER) == 0
