import pytest
from redis.connection import Connection

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.stores.routed.redis.watching import Watch
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.testing.proxy import TcpProxy
from tests.stores.routed.place import FIRST, held_of, marks_of
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place, now_ms, wait_until

pytestmark = pytest.mark.servers
MINUTE = 60_000


@pytest.fixture
def watch(strings):
    watch = Watch(strings.config, {})
    assert watch.changed() == []
    yield watch
    watch.close()


def heard(watch, wanted):
    """What the watch tells until it has told of all these."""
    told = []

    def complete():
        told.extend(watch.changed())
        return set(wanted) <= set(told)

    wait_until(complete)
    return told


def test_every_change_of_a_session_is_told_once(strings, watch):
    strings.client.set("other:1", "x")
    strings.client.set("snakeweb:x", "y")
    strings.legacy_write("a", b"1", now_ms() + MINUTE)
    strings.legacy_write("a", b"2", now_ms() + MINUTE)
    strings.legacy_delete("a")
    with strings.ready() as store:
        store.write(strings.record("b"), FIRST)

    assert sorted(set(heard(watch, ["a", "b"]))) == ["a", "b"]
    assert watch.changed() == []
    assert not watch.missed()


def test_keys_that_are_no_ids_are_left_out(strings, watch):
    strings.client.set(b"session:\xff", "x")
    strings.client.set(b"session:", "x")
    strings.client.set("session:good", "x")

    assert heard(watch, ["good"]) == ["good"]


def test_an_expiry_is_told(strings, watch):
    strings.legacy_write("a", b"1", now_ms() + 300)  # told first that it is there, then that it is not
    heard(watch, ["a"])

    def gone():
        return strings.legacy_read("a") is None

    wait_until(gone)
    assert heard(watch, ["a"]) == ["a"]


def test_a_lost_connection_and_a_flush_are_confessed(strings, watch):
    strings.client.flushdb()

    def confessed():
        watch.changed()
        return watch.missed()

    wait_until(confessed)
    strings.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    def noticed():
        try:
            watch.changed()
        except DependencyUnavailable:
            return True
        return False

    wait_until(noticed)
    assert watch.missed()
    watch.changed()
    strings.client.set("session:after", "x")
    assert heard(watch, ["after"]) == ["after"]
    assert watch.missed()  # what changed between the loss and the new connection
    assert not watch.missed()


def test_who_may_not_watch_hears_nothing(empty_redis):
    empty_redis.command("ACL", "SETUSER", "deaf", "reset", "on", ">word", "~*", "+@all", "-client|tracking")
    watch = Watch(parse_config(empty_redis.config(username="deaf")), {"password": "word"})
    empty_redis.command("SET", "session:a", "x")

    assert watch.changed() == []
    assert not watch.permitted
    assert not watch.told_all()
    watch.close()


def test_a_store_watches_from_the_first_look_on_and_says_once_what_it_missed(empty_redis):
    place = RedisPlace(Place(empty_redis.config()))
    with place.ready() as store:
        assert not store.watches()
        store.changed_ids()
        assert store.watches()
        place.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

        def noticed():
            try:
                store.changed_ids()
            except DependencyUnavailable:
                return True
            return False

        wait_until(noticed)
        assert not store.watches()
        assert not store.watches()  # nobody is connected
        store.changed_ids()
        assert not store.watches()  # what changed meanwhile
        store.changed_ids()
        assert store.watches()
    place.client.close()


def test_a_store_whose_user_may_not_watch_says_so(empty_redis):
    empty_redis.command("ACL", "SETUSER", "deaf", "reset", "on", ">word", "~*", "+@all", "-client|tracking")
    place = RedisPlace(Place(empty_redis.config(username="deaf"), {"password": "word"}))
    with place.ready() as store:
        assert store.changed_ids() == []
        assert not store.watches()
    place.client.close()


def test_a_watch_that_could_not_begin_begins_again(strings, monkeypatch):
    """Half of a beginning must not be taken for a watch."""
    watch, send = Watch(strings.config, {}), Connection.send_command

    def interrupted(connection, *words, **options):
        if words[0] == "SUBSCRIBE":
            raise KeyboardInterrupt
        return send(connection, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "send_command", interrupted)
        with pytest.raises(KeyboardInterrupt):
            watch.changed()
    assert not watch.told_all()
    watch.changed()
    strings.client.set("session:a", "x")

    assert heard(watch, ["a"]) == ["a"]
    watch.close()


def test_a_connection_that_was_dropped_without_a_word_is_no_silence(empty_redis, monkeypatch):
    monkeypatch.setattr("migrations_app.stores.sessions.redis.connection.ANSWER_SECONDS", 1.0)
    with TcpProxy(empty_redis.host, empty_redis.port) as proxy:
        watch = Watch(parse_config(empty_redis.config(port=proxy.port)), {})
        watch.changed()
        assert watch.told_all()
        proxy.freeze()
        with pytest.raises(DependencyUnavailable):
            watch.changed()
        assert not watch.told_all()
        watch.close()


def test_a_session_that_legacy_code_creates_is_found_by_its_change(empty_redis):
    place = RedisPlace(Place(empty_redis.config()))
    place.legacy_write("old", place.value("from before"), now_ms() + MINUTE)
    with place.ready() as store, place.open() as elsewhere:
        assert store.changed_ids() == []
        place.legacy_write("new", place.value("legacy"), now_ms() + MINUTE)
        elsewhere.write(place.record("guarded"), FIRST)
        elsewhere.adopt([place.held("adopted", (0, 0))], WORKER)
        told = set()

        def complete():
            ids = store.changed_ids()
            told.update(ids)
            store.suspects([*ids, "old"], WORKER)
            return told >= {"new", "guarded", "adopted"}

        wait_until(complete)
        assert store.legacy_writes() == 1
        assert marks_of(store).keys() == {"new", "guarded"}
        assert held_of(store, "new").version > (0, 0)
        assert held_of(store, "old").version == held_of(store, "adopted").version == (0, 0)
    place.client.close()
