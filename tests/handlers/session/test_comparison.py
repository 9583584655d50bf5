"""One corruption of each kind, found and named by kind and keyed fingerprint."""

import itertools
import threading
import time
from dataclasses import replace

import pytest

from migrations_app.handlers.session.comparison import NAMED_AT_MOST, Comparer
from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.sides import reader, reading
from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.testing.servers import RedisServer
from tests.handlers.session.moves import HOUR_MS, KEY, SEEDER, fill, now_ms, opened, place, sessions

VICTIM = "s-0000013"
NAME = fingerprint(VICTIM, KEY)


def compare(source, target, *, tolerance_ms=1000, batch_size=40, seen=lambda _count: None, clock=now_ms, **options):
    with reading(source) as source_store, reading(target) as target_store:
        return Comparer(
            reader(source), source_store, target_store, KEY, tolerance_ms, batch_size, clock, **options
        ).run(seen)


@pytest.fixture
def pair(redis_place, sqlite_place):
    source, target = redis_place(), sqlite_place()
    records = sessions(150)
    fill(source, records)
    fill(target, records)
    return source, target


def change(target, **values):
    with opened(target) as store:
        (record,) = store.read([VICTIM])
        store.apply([replace(record, **values)], SEEDER)


def test_equal_stores(pair):
    found = compare(*pair)

    assert found.mismatches == 0
    assert found.compared == 150
    assert found.source_digest == found.target_digest != "0" * 64


def test_a_flipped_byte(pair):
    source, target = pair
    with reading(target) as store:
        value = bytearray(store.read([VICTIM])[0].value)
    value[3] ^= 1
    change(target, value=bytes(value))

    found = compare(source, target)

    assert found.named == [("value", NAME)]
    assert found.source_digest != found.target_digest
    assert found.source_moved == 0


def test_a_missing_key(pair):
    source, target = pair
    with opened(target) as store:
        store.delete([VICTIM], SEEDER)

    assert compare(source, target).named == [("missing", NAME)]


def test_an_extra_key(pair):
    source, target = pair
    with opened(source) as store:
        store.delete([VICTIM], SEEDER)

    assert compare(source, target).named == [("extra", NAME)]


@pytest.mark.parametrize("moved_ms", [HOUR_MS, -HOUR_MS // 2, 1001])
def test_a_deadline_that_is_off(pair, moved_ms):
    source, target = pair
    with reading(target) as store:
        deadline = store.read([VICTIM])[0].expires_at_ms
    change(target, expires_at_ms=deadline + moved_ms)

    assert compare(source, target).named == [("deadline", NAME)]


def test_a_deadline_that_is_gone(pair):
    source, target = pair
    change(target, expires_at_ms=None)

    assert compare(source, target).named == [("deadline", NAME)]


def test_a_deadline_within_the_tolerance_is_equal(pair):
    source, target = pair
    with reading(target) as store:
        deadline = store.read([VICTIM])[0].expires_at_ms
    change(target, expires_at_ms=deadline + 900)

    assert compare(source, target).mismatches == 0
    assert compare(source, target, tolerance_ms=100).named == [("deadline", NAME)]


def test_changed_metadata_is_another_value(pair):
    source, target = pair
    change(target, extra={"role": "admin"})

    assert compare(source, target).named == [("value", NAME)]


def test_a_session_about_to_end_may_be_gone_on_one_side(pair):
    source, target = pair
    ending = SessionRecord("ending", b"x", expires_at_ms=now_ms() + HOUR_MS)
    fill(source, [ending])
    fill(target, [replace(ending, id="ending too")])

    at_the_end = compare(source, target, clock=lambda: ending.expires_at_ms - 500)
    before = compare(source, target)

    assert at_the_end.mismatches == 0
    assert before.kinds == {"missing": 1, "extra": 1}


def test_a_source_that_changes_while_we_look_is_noted(pair):
    source, target = pair
    enough = threading.Event()
    writer = threading.Thread(target=write_on, args=[source, enough])
    writer.start()
    ends = time.monotonic() + 20
    moved = 0
    while not moved and time.monotonic() < ends:
        moved = compare(source, target).source_moved
    enough.set()
    writer.join()

    assert moved


def write_on(source, enough):
    """A client that does not follow the route, and never rests."""
    with opened(source) as store:
        (record,) = store.read([VICTIM])
        for turn in itertools.count():
            if enough.is_set():
                return
            store.apply([replace(record, value=b"turn %d" % turn)], SEEDER)


def test_many_differences_are_counted_and_some_are_named(pair, sqlite_place):
    empty = sqlite_place()
    fill(empty, [])

    found = compare(pair[0], empty)

    assert found.kinds == {"missing": 150}
    assert len(found.named) == NAMED_AT_MOST


@pytest.fixture
def json_pair(redis_server: RedisServer, sqlite_place):
    source = place(redis_server.config(prefix=f"json-{now_ms()}:", codec="json"), redis_server.secrets)
    target = place(redis_server.config(prefix=f"copy-{now_ms()}:", codec="json"), redis_server.secrets)
    records = [SessionRecord(f"s-{i:07d}", b'{"n": %d}' % i, Codec.JSON) for i in range(20)]
    fill(source, records)
    fill(target, records)
    return source, target


def test_a_value_damaged_beyond_reading_is_a_value_not_a_missing_key(json_pair, redis_server):
    source, target = json_pair
    redis_server.command("SET", target.config["prefix"] + VICTIM, "{broken")

    assert compare(source, target).named == [("value", NAME)]


def test_something_unreadable_that_only_the_target_holds_is_extra(json_pair, redis_server):
    source, target = json_pair
    redis_server.command("SET", target.config["prefix"] + "stray", "{broken")

    assert compare(source, target).named == [("extra", fingerprint("stray", KEY))]


def test_an_unreadable_record_of_the_source_counts_unless_it_may_stay(json_pair, redis_server):
    source, target = json_pair
    redis_server.command("SET", source.config["prefix"] + "stray", "{broken")

    assert compare(source, target).named == [("unreadable", fingerprint("stray", KEY))]
    assert compare(source, target, unreadable_allowed=True).mismatches == 0
