import threading
from dataclasses import replace

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import Condition, Guard, WriteOutcome
from migrations_app.stores.sessions.records import UNVERSIONED, Codec
from tests.stores.routed.place import FIRST
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place, now_ms
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers
MINUTE = 60_000


@pytest.fixture
def hashes(empty_redis):
    place = RedisPlace(Place(empty_redis.config(**HASH)))
    yield place
    place.client.close()


def test_a_value_that_legacy_code_changed_is_read(strings):
    with strings.ready() as store:
        version = store.write(strings.record(), FIRST).version
        strings.legacy_write("one", b"legacy", now_ms() + MINUTE)
        read = store.read("one", FIRST)

    assert (read.value, read.version) == (b"legacy", version)


def test_a_deadline_that_legacy_code_moved_is_read_once_the_noted_one_has_passed(strings):
    with strings.ready() as store:
        store.write(strings.record(), FIRST, lifetime_ms=400)
        later = now_ms() + MINUTE
        strings.client.pexpireat("session:one", later)
        strings.let_pass(420)

        assert store.read("one", FIRST).expires_at_ms == later


def test_one_command_is_enough_for_a_guarded_read(strings):
    with strings.ready() as store, strings.client.monitor() as monitor:
        store.write(strings.record(), FIRST)
        store.read("one", FIRST)
        strings.client.echo("end")
        seen = []
        while not seen or not seen[-1].startswith("ECHO"):
            seen.append(monitor.next_command()["command"])

    asked = [words.split()[0] for words in seen if "session:one" in words and not words.startswith("EVAL")]
    assert asked[-2:] == ["SET", "MGET"]  # the last that the write did, and the read


def test_a_hash_is_read_in_one_piece_while_others_write(hashes):
    """Version and value belong together: each value says which write of this one writer it came from."""
    stop = threading.Event()
    with hashes.ready() as store, hashes.open() as writer:
        first = store.write(hashes.record(content=0), FIRST).version

        def write():
            number = 0
            while not stop.is_set():
                number += 1
                writer.write(hashes.record(content=number), FIRST)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for _ in range(200):
                read = store.read("one", FIRST)
                assert read.value == hashes.value(read.version.seq - first.seq)
        finally:
            stop.set()
            thread.join()


def test_what_is_no_session_of_the_layout_is_named_without_its_id(hashes):
    hashes.client.hset("session:secret", "other", "1")
    with hashes.ready() as store, pytest.raises(ValidationFailed, match="no field") as caught:
        store.read("secret", FIRST)

    assert "secret" not in str(caught.value)


def test_what_the_layout_cannot_hold_is_refused(empty_redis):
    place = RedisPlace(Place(empty_redis.config(layout="hash", created_field="created", time_unit="s")))
    with place.ready() as store:
        for guard in (FIRST, None):
            with pytest.raises(ValidationFailed) as caught:
                store.write(place.record(created_at_ms=1_001), guard)
            assert "finer" in caught.value.problems[0].message
        with pytest.raises(ValidationFailed) as caught:
            store.write(place.record(""), FIRST)
        assert "id is empty" in caught.value.problems[0].message
    place.client.close()


def test_plain_conditions_on_what_lies_beside(strings):
    with strings.ready() as store:
        store.write(strings.record(), FIRST)
        exists = store.write(strings.record(ttl_ms=5), None, condition=Condition.ABSENT)
        both = store.write(strings.record(), None, condition=Condition.ABSENT, expected=UNVERSIONED)
        missing = store.write(strings.record("two"), None, condition=Condition.ABSENT, expected=UNVERSIONED)

    assert (exists.outcome, exists.version) == (WriteOutcome.EXISTS, UNVERSIONED)
    assert (both.outcome, missing.outcome) == (WriteOutcome.EXISTS, WriteOutcome.EXISTS)


@pytest.mark.parametrize("guard", [FIRST, None])
@pytest.mark.parametrize("lifetime", [MINUTE, None])
def test_a_plain_write_takes_along_what_was_noted_of_the_one_before(strings, guard, lifetime):
    before = replace(strings.record(ttl_ms=MINUTE, created_at_ms=7, extra={"a": 1}), codec=Codec.JSON)
    with strings.ready() as store:
        store.write(before, guard)
        store.write(strings.record(), None, lifetime_ms=lifetime)
        read, described = store.read("one", None), strings.client.get("snakeweb:meta:{session:one}")

    assert read.content_hash() == strings.record().content_hash()
    assert (described is None) == (guard is None)  # the route's own part stays


def test_a_plain_write_that_is_refused_takes_nothing_along(strings):
    before = strings.record(ttl_ms=MINUTE)
    with strings.ready() as store:
        store.write(before, None)
        store.write(strings.record(content=2), None, condition=Condition.ABSENT)

        assert strings.same(store.read("one", None), before)


def test_a_deadline_that_has_passed_ends_the_session(strings):
    with strings.ready() as store:
        store.write(strings.record(), FIRST)
        store.write(strings.record(expires_at_ms=now_ms() - 5), FIRST)
        assert store.read("one", FIRST) is None
        store.write(strings.record(expires_at_ms=-5), Guard(1, journaled=False))

        assert store.read("one", FIRST) is None
        assert store.fetch(["one"])[0].record is None


def test_clients_without_a_route_leave_nothing_but_sessions(strings):
    with strings.open() as store:
        store.sessions.initialise(WORKER)
        store.write(strings.record(), None)
        store.write(strings.record("two"), None, lifetime_ms=MINUTE)
        store.touch("one", None, MINUTE)

    assert strings.keys() == []
