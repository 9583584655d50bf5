import pytest
from redis.connection import Connection

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, ValidationFailed
from migrations_app.stores.routed.base import Condition, WriteOutcome
from migrations_app.stores.routed.redis import wire as wires
from migrations_app.stores.routed.redis.wire import Script, Wire, command, packed
from tests.stores.routed.place import FIRST
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import Place, wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def wire(strings):
    wire = Wire(strings.config, {}, read_only=False)
    yield wire
    wire.close()


def test_several_commands_travel_together_and_all_answers_are_read(wire):
    assert wire.ask(command(b"SET", b"a", b"1"), command(b"GET", b"a")) == [b"OK", b"1"]
    with pytest.raises(DependencyUnavailable, match="answered with an error"):
        wire.ask(command(b"HGET", b"a", b"x"), command(b"GET", b"a"), command(b"NONSENSE"))

    assert wire.ask(command(b"GET", b"a")) == b"1"


def test_a_script_that_the_server_does_not_know_is_sent_whole(wire, strings):
    script = Script("return {KEYS[1], ARGV[1]}", 1, 1)
    for _ in range(2):
        assert wire.run(script, packed(b"key", b"argument")) == [b"key", b"argument"]
    strings.client.script_flush()

    assert wire.run(script, packed(b"key", b"argument"), once=True) == [b"key", b"argument"]


def test_an_error_names_no_key(wire):
    with pytest.raises(DependencyUnavailable) as caught:
        wire.ask(command(b"NONSENSE", b"session:secret"))

    assert "secret" not in str(caught.value.as_dict())


def test_a_lost_connection_is_replaced_for_reads_and_after_a_silence_for_writes(disposable_redis, monkeypatch):
    monkeypatch.setattr(wires, "LOOK_AFTER_SECONDS", 0.0)
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        store.write(place.record(), FIRST)
        disposable_redis.restart()
        assert store.write(place.record(), FIRST, condition=Condition.PRESENT).outcome is WriteOutcome.WRITTEN
        disposable_redis.restart()
        assert store.read("one", FIRST) is not None
    place.client.close()


def test_a_write_is_never_sent_twice(disposable_redis, monkeypatch):
    monkeypatch.setattr(wires, "LOOK_AFTER_SECONDS", 3600.0)
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        store.write(place.record(), FIRST)
        before = store.highest_seqs()
        store.write(place.record(), FIRST)
        disposable_redis.restart()
        with pytest.raises(DependencyUnavailable):
            store.write(place.record(), FIRST)
        assert sum(store.highest_seqs()) == sum(before) + 1
        assert store.write(place.record(), FIRST).outcome is WriteOutcome.WRITTEN
    place.client.close()


def test_a_server_that_is_gone_is_unavailable_and_comes_back(disposable_redis):
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        disposable_redis.kill()
        for call in (
            lambda: store.read("one", FIRST),
            lambda: store.write(place.record(), FIRST),
            lambda: store.write(place.record(), None),
            lambda: store.fetch(["one"]),
            store.incarnation,
        ):
            with pytest.raises(DependencyUnavailable):
                call()
        disposable_redis.start()

        def back():
            try:
                return store.read("one", FIRST) is None
            except DependencyUnavailable:
                return False

        wait_until(back)
    place.client.close()


def test_a_full_server_is_short_of_resources(disposable_redis):
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        store.write(place.record(), FIRST)
        disposable_redis.command("CONFIG", "SET", "maxmemory", "1")
        for write in (lambda: store.write(place.record(), FIRST), lambda: store.touch("one", FIRST, 9)):
            with pytest.raises(InsufficientResources):
                write()
    place.client.close()


@pytest.mark.parametrize(("asked", "read_before"), [(1, 0), (2, 0), (2, 1)])
def test_an_answer_that_nobody_waited_for_is_nobody_elses(wire, monkeypatch, asked, read_before):
    """A signal's handler may raise at any moment, also between a question and its answer."""
    wire.ask(command(b"SET", b"a", b"one"), command(b"SET", b"b", b"another's"))
    answer, calls = Connection.read_response, iter(range(9))

    def interrupted(connection, *args, **kwargs):
        if next(calls) == read_before:
            raise KeyboardInterrupt
        return answer(connection, *args, **kwargs)

    monkeypatch.setattr(Connection, "read_response", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wire.ask(*[command(b"GET", b"b")] * asked)

    assert wire.ask(command(b"GET", b"a")) == b"one"


def test_a_read_only_wire_sends_read_commands_alone(strings):
    reader = Wire(strings.config, {}, read_only=True)
    script = Script("return redis.call('SET', KEYS[1], '1')", 1, 0)
    for write in (
        lambda: reader.ask(command(b"SET", b"a", b"1")),
        lambda: reader.run(script, packed(b"a")),
        lambda: reader.ask(command(b"GET", b"a"), command(b"SET", b"a", b"1")),
    ):
        with pytest.raises(ValidationFailed, match="read-only"):
            write()
    with pytest.raises(DependencyUnavailable, match="Write commands"):
        reader.run_reading(script, packed(b"a"))
    reader.close()

    assert not strings.client.exists("a")


def test_a_reader_without_the_right_to_scripts_is_told(empty_redis):
    empty_redis.command("ACL", "SETUSER", "some", "reset", "on", ">word", "~*", "+@all", "-eval_ro")
    place = RedisPlace(Place(empty_redis.config(username="some"), {"password": "word"}))
    with place.open(read_only=True) as store, pytest.raises(ValidationFailed, match="EVAL_RO"):
        store.fetch(["one"])
    place.client.close()
