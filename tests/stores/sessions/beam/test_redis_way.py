"""A node's forwarder that speaks to Redis itself: its fence, its connection, what it does when an answer is lost."""

import time

import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.stores.routed.base import Guard, bucket_of
from migrations_app.stores.routed.redis.keys import RouteKeys
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version
from migrations_app.testing.proxy import TcpProxy
from migrations_app.testing.servers import RedisServer
from tests.stores.sessions.beam.conftest import CREATE, forward, on_store
from tests.stores.sessions.beam.ways import WORKER, FencedRedis, gateway_way
from tests.stores.sessions.place import now_ms, wait_until

STORE = "'Elixir.Snakepit.Bridge.SessionStore'"
OK, ERROR, NOT_FOUND = Atom("ok"), Atom("error"), Atom("not_found")
UPDATE = f"""
Change = fun(#{{metadata := #{{n := N}}}} = Session) -> Session#{{metadata := #{{n => N + 1}}}} end,
{{Said, What}} = {STORE}:update_session(Id, Change),
{{Said, case What of #{{metadata := Now}} -> Now; _ -> What end}}
"""
UPDATE_LATER = f"""
Change = fun(#{{metadata := #{{n := N}}}} = Session) -> Session#{{metadata := #{{n => N + 1}}}} end,
spawn(fun() ->
    register(writer, self()),
    {{ok, #{{metadata := Metadata}}}} = {STORE}:update_session(Id, Change),
    receive {{From, ask}} -> From ! {{said, Metadata}} end
end), ok
"""
GET = f"{{Said, What}} = {STORE}:get_session(Id), {{Said, case What of #{{metadata := M}} -> M; _ -> What end}}"
LOST = (ERROR, (Atom("store_unavailable"), Atom("lost")))


def one(n):
    return {Atom("n"): n}


def unavailable(why):
    return (ERROR, (Atom("store_unavailable"), Atom(why)))


@pytest.fixture
def proxy(empty_redis):
    with TcpProxy(empty_redis.host, empty_redis.port) as proxy:
        yield proxy


@pytest.fixture
def proxied(node, over, fenced_redis, proxy):
    """The node's one session is in Redis, and the proxy on the way there."""
    forward(over, fenced_redis.way(port=proxy.port))
    assert on_store(node, CREATE) == OK
    return proxy


def held(fenced_redis, session_id="s1"):
    with fenced_redis.opened() as store:
        return store.read(session_id, Guard(fenced_redis.record.epoch, False))


class TestTheStore:
    def test_a_session_lies_there_as_clients_of_the_route_have_it(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        before = now_ms()

        on_store(node, CREATE)

        record = held(fenced_redis)
        assert record.ttl_ms == 600_000
        assert before <= record.created_at_ms <= now_ms()
        assert record.version.epoch == fenced_redis.record.epoch
        assert before + 600_000 <= record.expires_at_ms <= now_ms() + 600_000
        with fenced_redis.opened() as store:
            assert store.suspects(["s1"], WORKER) == 0  # its checksum is the one of its value
            assert store.marked(["s1"]) == set()

    def test_an_access_moves_the_deadline_and_a_change_keeps_the_time_of_creation(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        on_store(node, CREATE)
        first = held(fenced_redis)
        wait_until(lambda: now_ms() > first.created_at_ms + 20)

        on_store(node, GET)
        second = held(fenced_redis)
        on_store(node, UPDATE)
        third = held(fenced_redis)

        assert first.expires_at_ms < second.expires_at_ms <= third.expires_at_ms
        assert first.created_at_ms == second.created_at_ms == third.created_at_ms
        assert first.version < second.version < third.version

    def test_a_session_with_a_fixed_deadline_has_what_is_left_of_it(self, node, over, fenced_redis):
        value = node.evaluate("term_to_binary(#{programs => #{}, metadata => #{n => 4}})")
        with open_store(fenced_redis.config, {}) as store:
            store.raise_worker_fence(WORKER)
            store.apply([_record("fixed", value, now_ms() + 90_500), _record("for-ever", value, None)], WORKER)
        forward(over, fenced_redis.way())
        ttl = f"{{ok, #{{ttl := Ttl}}}} = {STORE}:get_session(Id), Ttl"

        assert 60 < on_store(node, ttl, b"fixed") <= 90
        assert on_store(node, ttl, b"for-ever") == 3600

    def test_values_of_any_bytes_and_of_megabytes_arrive_whole(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        create = f"{{ok, _}} = {STORE}:create_session(Id, [{{ttl, 60}}, {{metadata, #{{blob => Blob}}}}]), ok"
        same = f"{{ok, #{{metadata := #{{blob := There}}}}}} = {STORE}:get_session(Id), There =:= Blob"

        for name, blob in ((b"a\r\n\x00 \xc3\xbc", b"\r\n$-1\r\n\x00\xff" * 3), (b"large", bytes(range(256)) * 16_384)):
            assert on_store(node, create, name, Blob=blob) == OK
            assert on_store(node, same, name, Blob=blob) is True
        assert on_store(node, f"{STORE}:create_session(Id)", b"\xff") == unavailable("invalid_id")
        assert on_store(node, f"{STORE}:get_session(Id)", b"") == unavailable("invalid_id")

    def test_old_tombstones_go_while_nobody_carries_sessions(self, node, over, fenced_redis, empty_redis):
        forward(over, fenced_redis.way())
        name = next(f"s{n}" for n in range(10_000) if bucket_of(f"s{n}") == bucket_of("s1") and n != 1).encode()
        delete = f"{STORE}:delete_session(Id)"
        on_store(node, delete, name)
        with fenced_redis.opened() as store:
            (tombstone,), _ = store.tombstones("", 10)
            dead = RouteKeys("s:").dead[bucket_of("s1")].decode()
        empty_redis.command("ZADD", dead, str(now_ms() - 3_700_000), name.decode())  # nobody waits an hour

        for _ in range(8):
            assert on_store(node, delete) == OK

        with fenced_redis.opened() as store:
            left, _ = store.tombstones("", 10)
        assert tombstone.id == name.decode()
        assert [each.id for each in left] == ["s1"]


class TestFences:
    def test_a_newer_epoch_under_which_this_store_still_serves_is_learned(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        on_store(node, CREATE)

        fenced_redis.publish(RoutePhase.JOURNAL_A, "a", {"a": "new", "b": "third"})

        assert on_store(node, UPDATE) == (OK, one(2))
        assert held(fenced_redis).version.epoch == fenced_redis.record.epoch
        with fenced_redis.opened() as store:
            assert store.marked(["s1"]) == {"s1"}

    def test_writes_wait_while_a_hand_over_is_under_way_and_reads_do_not(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        on_store(node, CREATE)
        fenced_redis.publish(RoutePhase.HANDOFF, "a", {"a": "new", "b": "third"})
        assert on_store(node, f"{STORE}:'session_exists?'(Id)") is True
        on_store(node, UPDATE_LATER)
        time.sleep(0.1)

        fenced_redis.publish(RoutePhase.DUAL_A, "a", {"a": "new", "b": "third"})

        asked = "writer ! {self(), ask}, receive {said, Said} -> Said after 5000 -> nothing end"
        assert node.evaluate(asked) == one(2)
        assert held(fenced_redis).version.epoch == fenced_redis.record.epoch

    def test_where_another_store_serves_nothing_is_read_or_written(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        on_store(node, CREATE)
        fenced_redis.publish(RoutePhase.DUAL_B, "b", {"a": "new", "b": "third"})

        assert on_store(node, UPDATE) == on_store(node, GET) == unavailable("moved")
        assert on_store(node, f"{STORE}:create_session(Id)", b"s2") == unavailable("moved")
        assert on_store(node, f"{STORE}:delete_session(Id)") == unavailable("moved")
        assert on_store(node, f"{STORE}:'session_exists?'(Id)") == unavailable("moved")
        assert held(fenced_redis).version.epoch < fenced_redis.record.epoch
        fenced_redis.publish(RoutePhase.DUAL_A, "a", {"a": "new", "b": "third"})
        assert on_store(node, UPDATE) == (OK, one(2))

    @pytest.mark.parametrize("kind", ["gateway"], indirect=True)
    def test_a_gateway_serves_on_where_another_store_does(self, node, over, fenced_redis, way, target):
        forward(over, fenced_redis.way(), way)
        on_store(node, CREATE)
        fenced_redis.publish(RoutePhase.DUAL_B, "b", {"a": "new", "b": "third"})

        assert on_store(node, UPDATE) == (ERROR, NOT_FOUND)  # nobody has carried it, in this test
        assert on_store(node, CREATE) == OK
        assert on_store(node, UPDATE) == (OK, one(2))
        with open_store(target, {}, read_only=True) as copy:
            assert copy.scan_ids("", 10).ids == ["s1"]
        assert held(fenced_redis).version.epoch < fenced_redis.record.epoch

    def test_a_store_that_has_left_its_route_refuses(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        on_store(node, CREATE)
        with fenced_redis.opened() as store:
            store.leave(WORKER)

        assert on_store(node, UPDATE) == on_store(node, GET) == unavailable("no_route")

    def test_who_finds_no_newer_record_gives_up_before_its_caller_does(self, node, over, fenced_redis):
        forward(over, fenced_redis.way())
        with fenced_redis.opened() as store:
            store.raise_fence(range(256), 99, WORKER)

        assert on_store(node, f"{STORE}:create_session(Id)") == unavailable("waiting")


class TestALostAnswer:
    def test_of_a_reading_or_a_touch_is_asked_for_again(self, node, fenced_redis, proxied):
        proxied.drop_answer(b"MGET")
        assert on_store(node, f"{STORE}:'session_exists?'(Id)") is True
        proxied.drop_answer(b"EVALSHA")
        assert on_store(node, GET) == (OK, one(1))
        assert proxied.fired == 2

    def test_of_a_change_is_settled_by_the_version_that_it_replaced(self, node, fenced_redis, proxied):
        before = held(fenced_redis).version
        proxied.drop_answer(b"present")

        said = on_store(node, UPDATE)

        assert said == LOST  # it took effect, and that it was ours nobody can tell
        assert proxied.fired == 1
        assert held(fenced_redis).version == Version(before.epoch, before.seq + 1)
        assert on_store(node, GET) == (OK, one(2))

    def test_of_a_change_that_never_arrived_brings_it_there_once(self, node, fenced_redis, proxied):
        proxied.swallow_request(b"present")

        assert on_store(node, UPDATE) == (OK, one(2))
        assert on_store(node, GET) == (OK, one(2))

    def test_of_a_creation_is_settled_by_looking(self, node, fenced_redis, proxied):
        proxied.drop_answer(b"absent")
        assert on_store(node, f"element(1, {STORE}:create_session(Id))", b"s2") == OK
        assert held(fenced_redis, "s2") is not None

    def test_of_a_deletion_is_an_error_and_nothing_is_deleted_twice(self, node, fenced_redis, proxied):
        on_store(node, f"{STORE}:delete_session(Id)", b"s2")  # now the server knows the script
        proxied.drop_answer(b"EVALSHA")

        assert on_store(node, f"{STORE}:delete_session(Id)") == LOST
        assert on_store(node, GET) == (ERROR, NOT_FOUND)
        assert on_store(node, f"{STORE}:delete_session(Id)") == OK

    def test_a_server_that_hangs_is_an_error_before_the_caller_gives_up(self, node, proxied):
        proxied.freeze()

        assert on_store(node, f"{STORE}:get_session(Id)")[0] == ERROR
        proxied.heal()
        assert on_store(node, GET) == (OK, one(1))


class TestTheConnection:
    def test_one_serves_all_calls_and_a_cut_between_two_is_not_noticed(self, node, proxied):
        for _ in range(10):
            on_store(node, UPDATE)
        before = proxied.connections

        proxied.cut()

        assert on_store(node, f"{STORE}:delete_session(Id)") == OK  # sent over the old one it would be lost
        assert (before, proxied.connections) == (1, 2)

    def test_a_restart_of_the_server_costs_no_call(self, node, over, tmp_path):
        with RedisServer(tmp_path / "redis") as server:
            place = FencedRedis(server.config(codec="etf"), {}).join()
            forward(over, place.way())
            on_store(node, CREATE)
            server.stop()
            away = on_store(node, UPDATE)
            server.start()

            assert away == unavailable("econnrefused")
            assert on_store(node, UPDATE) == (OK, one(2))  # and the scripts are there again

    def test_user_password_and_database_are_used(self, node, over, tmp_path):
        with RedisServer(tmp_path / "redis", password="top") as server:
            server.command("ACL", "SETUSER", "node", "on", ">s3cret", "~*", "+@all")
            config = server.config(codec="etf", db=3, username="node", prefix="x:")
            place = FencedRedis(config, {"password": "s3cret"}).join()
            assert over.refuses(place.way()) == ""
            forward(over, place.way())

            assert on_store(node, CREATE) == OK
            assert held(place).ttl_ms == 600_000


class TestSecrets:
    CRASHING = """
    ok = logger:add_handler(listener, logger_std_h, #{config => #{file => binary_to_list(File)}}),
    unlink(whereis(Server)),
    Status = iolist_to_binary(io_lib:format("~p", [sys:get_status(Server)])),
    catch gen_server:stop(Server, {deliberately, crashed}, 2000),
    ok = logger_std_h:filesync(listener),
    ok = logger:remove_handler(listener),
    Status
    """

    def test_none_is_in_a_crash_report_or_in_the_status_of_the_process(self, node, over, tmp_path):
        with RedisServer(tmp_path / "redis", password="the-password-of-redis") as server:
            place = FencedRedis(server.config(codec="etf"), server.secrets).join()
            forward(over, place.way(), gateway_way("http://127.0.0.1:1", "the-token-of-callers"))
            on_store(node, CREATE)

            status = on_store(node, self.CRASHING, seconds=20, File=str(tmp_path / "node.log"))

        reports = (tmp_path / "node.log").read_bytes()
        assert b"deliberately" in reports
        assert b"crasher" in reports
        assert b"snakepit_sessions" in status
        assert b"the-password-of-redis" not in status + reports
        assert b"the-token-of-callers" not in status + reports


class TestBeforeAnybodyWaits:
    def test_what_is_missing_is_named(self, over, fenced_redis, tmp_path):
        with RedisServer(tmp_path / "redis", password="top") as other:
            server = {"port": other.port}
            other.command("ACL", "SETUSER", "reader", "on", ">r", "~*", "+@read")
            reader = {"username": "reader", "password": "r"}

            assert over.refuses(fenced_redis.way()) == ""
            assert "econnrefused" in over.refuses(fenced_redis.way(port=1))
            assert "NOAUTH" in over.refuses(fenced_redis.way(**server))
            assert "WRONGPASS" in over.refuses(fenced_redis.way(**server, password="wrong"))
            assert "NOPERM" in over.refuses(fenced_redis.way(**server, **reader))
            assert "no_route" in over.refuses(fenced_redis.way(**server, password="top"))
            assert "moved" in over.refuses(fenced_redis.way(store="another"))
            assert "older_route" in over.refuses(fenced_redis.way(epoch=fenced_redis.record.epoch + 1))

    def test_nothing_is_left_of_it(self, node, over, fenced_redis):
        assert over.refuses(fenced_redis.way()) == ""
        loaded = '[M || {M, _} <- code:all_loaded(), string:find(atom_to_list(M), "snakeweb_r") =/= nomatch]'
        assert node.evaluate(loaded) == []
        with open_store(fenced_redis.config, {}, read_only=True) as store:
            assert store.count() == 0


def _record(name, value, expires_at_ms):
    return SessionRecord(name, value, Codec.ETF, expires_at_ms=expires_at_ms, version=UNVERSIONED)
