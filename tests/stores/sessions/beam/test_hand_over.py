"""The sessions of a live node go to another store and back, under the calls of its application, by each way."""

import itertools
import time

import pytest

from migrations_app.beam.code import GATEWAY
from migrations_app.beam.node import Atom, Node
from migrations_app.engine.errors import StepFailed
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver, Standing
from migrations_app.stores.sessions.records import Codec, Version
from migrations_app.testing.beam import COOKIE
from migrations_app.testing.processes import free_port
from tests.node_callers import STOP
from tests.stores.sessions.beam.conftest import (
    CREATE,
    SERVER,
    TABLE,
    copy_all,
    forward,
    on_store,
    source_of,
)
from tests.stores.sessions.beam.ways import WORKER, FencedRedis, gateway_way
from tests.stores.sessions.place import wait_until

_ROUNDS = itertools.count(2)


def catch_up(over, source, target):
    """One round: what is marked, as it is now, under a version above every earlier round's. The number of marks."""
    marks = over.marked()
    names = [mark.id for mark in marks]
    records = source.read(names)
    target.apply([record for record in records if record], WORKER, version=Version(1, next(_ROUNDS)))
    target.delete([name for name, record in zip(names, records, strict=True) if record is None], WORKER)
    over.acknowledge(marks)
    return len(marks)


def test_everything_that_was_acknowledged_is_there_after_going_over_and_back(disposable_node, node, over, way, target):
    assert over.why_not() == over.refuses(way) == ""
    node.evaluate("snakeweb_fixture_traffic:start(Server, 4, 100, 5)", Server=Atom(SERVER))
    with source_of(disposable_node) as source, open_store(target, {}) as copy:
        source.raise_worker_fence(WORKER)
        copy.raise_worker_fence(WORKER)
        over.watch()
        copy_all(source, copy, Version(1, 1))
        forwarder = over.forwarder([way])
        wait_until(lambda: catch_up(over, source, copy) < 40, 30)
        over.hold(2000)
        while catch_up(over, source, copy):
            pass
        there = over.forward(forwarder)
        assert over.standing() is Standing.FORWARDING
        time.sleep(2)

        over.hold(4000)
        assert over.standing() is Standing.HELD
        source.delete(source.scan_ids("", 10_000).ids, WORKER)
        copy_all(copy, source, Version(9, 1))
        back = over.restore()
        assert over.standing() is Standing.FREE
        time.sleep(0.5)
        said = node.evaluate(STOP, seconds=30)
        known = {name: what for sessions, *_ in said for name, what in sessions.items()}
        records = dict(zip(known, source.read([name.decode() for name in known]), strict=True))
        found = {name: metadata(node, record) if record else Atom("gone") for name, record in records.items()}

    assert [failure for _, _, failures, _ in said for failure in failures] == []
    assert found == known
    assert sum(calls for _, calls, _, _ in said) > 500
    assert 0 < there < 2_000_000
    assert 0 < back < 4_000_000


def metadata(node, record):
    """As the traffic remembers it; only the node itself knows what its floats are."""
    return node.evaluate("term_to_binary(maps:get(metadata, binary_to_term(Value)))", Value=record.value)


LATER = """
Parent = self(),
register(asker, spawn(fun() ->
    Said = gen_server:call(Server, {create_session, Id, [{ttl, 600}, {metadata, #{n => 7}}]}),
    receive {From, ask} -> From ! {asker, element(1, Said)} end
end)), ok
"""
ASK = "asker ! {self(), ask}, receive {asker, Said} -> Said after 5000 -> nothing end"


def test_a_call_that_waited_is_served_by_the_target(node, over, way, target):
    over.watch()
    forwarder = over.forwarder([way])
    over.hold(2000)
    on_store(node, LATER, b"queued")
    time.sleep(0.1)
    over.forward(forwarder)

    assert node.evaluate(ASK, seconds=10) == Atom("ok")
    with open_store(target, {}, read_only=True) as copy:
        (record,) = copy.read(["queued"])
    assert record.codec is Codec.ETF
    assert record.ttl_ms == 600_000
    assert node.evaluate("ets:lookup(T, Id)", T=Atom(TABLE), Id=b"queued") == []


def test_a_pause_that_nobody_ends_ends_by_itself(node, over, way):
    over.watch()
    forwarder = over.forwarder([way])
    over.hold(300)
    over.hold(300)
    on_store(node, LATER, b"queued")
    assert over.standing() is Standing.HELD

    wait_until(lambda: over.standing() is Standing.FREE)

    assert node.evaluate(ASK) == Atom("ok")
    assert on_store(node, "length(gen_server:call(Server, list_sessions))") == 1
    with pytest.raises(StepFailed, match="not_held"):
        over.forward(forwarder)
    over.release()
    assert over.standing() is Standing.FREE


def test_somebody_who_slept_cannot_end_another_ones_pause(disposable_node, node, over, way):
    over.watch()
    forwarder = over.forwarder([way])
    with Node(disposable_node.address, COOKIE) as successors:
        successor = NodeHandOver(successors, SERVER, TABLE)
        over.hold(200)
        wait_until(lambda: over.standing() is Standing.FREE)
        successor.hold(2000)

        with pytest.raises(StepFailed, match="held_by_another"):
            over.forward(forwarder)
        with pytest.raises(StepFailed):
            over.hold(2000)
        over.release()
        assert over.standing() is Standing.HELD
        successor.forward(forwarder)
    assert over.standing() is Standing.FORWARDING


def test_a_store_that_is_too_busy_to_stop_goes_on(node, over):
    over.watch()
    busy = "spawn(fun() -> sys:replace_state(Server, fun(S) -> timer:sleep(1500), S end) end), timer:sleep(50), ok"
    on_store(node, busy)

    with pytest.raises(StepFailed, match="did not stop"):
        over.hold(300)

    time.sleep(1.5)
    assert over.standing() is Standing.FREE
    assert on_store(node, CREATE) == Atom("ok")


def test_every_call_of_the_store_is_answered_by_the_target(node, forwarded, target):
    module = "'Elixir.Snakepit.Bridge.SessionStore'"
    twice = f"{{ok, #{{metadata := M}}}} = {module}:create_session(Id, [{{metadata, #{{n => 2}}}}]), M"
    assert on_store(node, twice) == {Atom("n"): 1}
    assert on_store(node, f"{{ok, #{{ttl := T, id := I}}}} = {module}:get_session(Id), {{T, I}}") == (600, b"s1")
    assert on_store(node, f"{module}:get_session(Id)", b"none") == (Atom("error"), Atom("not_found"))
    update = f"{{ok, #{{metadata := M}}}} = {module}:update_session(Id, fun(S) -> S#{{metadata := #{{n => 3}}}} end), M"
    assert on_store(node, update) == {Atom("n"): 3}
    broken = f"{{error, {{update_failed, _}}}} = {module}:update_session(Id, fun(_) -> error(oops) end), ok"
    assert on_store(node, broken) == Atom("ok")
    assert on_store(node, f"{module}:update_session(Id, fun(S) -> S end)", b"none")[0] == Atom("error")
    assert on_store(node, f"{module}:'session_exists?'(Id)") is True
    assert on_store(node, f"{module}:'session_exists?'(Id)", b"a/b c\xc3\xbc") is False
    assert on_store(node, f'{module}:store_worker_session(Id, <<"w1">>)') == Atom("ok")
    assert on_store(node, f"{{ok, #{{last_worker_id := W}}}} = {module}:get_session(Id), W") == b"w1"
    assert on_store(node, f'{module}:store_worker_session(Id, <<"w2">>)', b"a/b c\xc3\xbc") == Atom("ok")
    assert sorted(on_store(node, f"{module}:list_sessions()")) == [b"a/b c\xc3\xbc", b"s1"]
    assert on_store(node, f"maps:get(current_sessions, {module}:get_stats())") == 2
    assert on_store(node, f"{module}:cleanup_expired_sessions()") == 0
    assert on_store(node, f"{module}:create_session(Id, [{{ttl, infinity}}])", b"x") == (
        Atom("error"),
        Atom("invalid_ttl"),
    )
    assert on_store(node, f"{module}:delete_session(Id)") == Atom("ok")
    with open_store(target, {}, read_only=True) as copy:
        assert copy.scan_ids("", 10).ids == ["a/b cü"]


def test_sessions_of_the_nodes_own_workers_stay_on_the_node(node, over, way, target):
    module, own = "'Elixir.Snakepit.Bridge.SessionStore'", b"session_17_1699999999999999"
    on_store(node, CREATE, own)
    over.watch()
    forwarder = over.forwarder([way])
    on_store(node, "gen_server:call(Server, {get_session, Id}), ok", own)
    on_store(node, CREATE, b"\xff")
    assert [over.marked(), over.marked()] == [[], []]
    over.hold(2000)
    over.forward(forwarder)

    assert on_store(node, f"{{ok, #{{metadata := M}}}} = {module}:get_session(Id), M", own) == {Atom("n"): 1}
    update = f"{{ok, #{{n := N}}}} = {module}:update_session(Id, fun(S) -> S#{{n => 5}} end), N"
    assert on_store(node, update, own) == 5
    assert on_store(node, f'{module}:store_worker_session(Id, <<"w">>)', b"default_session") == Atom("ok")
    assert on_store(node, f"element(1, {module}:create_session(Id))", own) == Atom("ok")
    assert on_store(node, f"{module}:'session_exists?'(Id)", own) is True
    assert own in on_store(node, f"{module}:list_sessions()")
    with open_store(target, {}, read_only=True) as copy:
        assert copy.count() == 0
    over.hold(2000)
    over.restore()
    assert on_store(node, f"{{ok, #{{n := N}}}} = {module}:get_session(Id), N", own) == 5
    assert on_store(node, f"{module}:delete_session(Id)", own) == Atom("ok")


@pytest.fixture(params=["gateway", "redis"])
def nowhere(request):
    if request.param == "gateway":
        return gateway_way(f"http://127.0.0.1:{free_port()}")
    config = {"store": "redis", "host": "127.0.0.1", "port": free_port(), "codec": "etf"}
    return FencedRedis(config, {}).way()


def test_a_store_that_is_away_is_an_error_of_the_call_and_not_of_the_forwarder(node, over, nowhere):
    forward(over, nowhere)

    answer = on_store(node, "gen_server:call(Server, {get_session, Id})")

    assert answer == (Atom("error"), (Atom("store_unavailable"), Atom("econnrefused"))) or nowhere.sources == GATEWAY
    assert answer[0] == Atom("error")
    assert over.standing() is Standing.FORWARDING
    over.hold(2000)
    over.restore()
    assert on_store(node, CREATE) == Atom("ok")


def test_the_process_may_die_and_its_successor_still_forwards(node, over, forwarded):
    die = "exit(whereis(Server), kill), timer:sleep(100), ok"
    on_store(node, die)
    on_store(node, "{ok, _} = 'Elixir.Snakepit.Bridge.SessionStore':start_link([]), ok")

    assert on_store(node, "element(1, gen_server:call(Server, {get_session, Id}))") == Atom("ok")
    over.hold(2000)
    over.restore()
    assert on_store(node, CREATE, b"again") == Atom("ok")
    assert on_store(node, "maps:get(sessions_created, gen_server:call(Server, get_stats))") == 2


def test_the_sweeper_of_the_store_goes_on_after_it_was_interrupted(node, over, forwarded):
    on_store(node, "Server ! cleanup_expired_sessions, ok")
    runs = "maps:get(cleanup_runs, gen_server:call(Server, get_stats))"
    before = on_store(node, runs)
    over.hold(2000)
    over.restore()

    assert on_store(node, runs) == before + 1


def test_nothing_is_left_on_the_node(node, over, forwarded):
    over.hold(2000)
    over.restore()
    over.leave()

    assert node.evaluate("code:is_loaded(snakeweb_node)") is False
    ours = """
    Ours = fun(Name) -> is_atom(Name) andalso string:find(atom_to_list(Name), "snakeweb_") =/= nomatch end,
    {_, Words} = process_info(whereis(Server), dictionary),
    Found = [W || {{W, _}, _} <- persistent_term:get()] ++ [M || {M, _} <- code:all_loaded()] ++ [W || {W, _} <- Words],
    lists:filter(Ours, Found) -- [snakeweb_fixture_traffic, snakeweb_until]
    """
    assert on_store(node, ours) == []
    assert node.evaluate("[T || T <- ets:all(), is_atom(T), T =:= snakeweb_names]") == []
    assert on_store(node, "element(1, gen_server:call(Server, {get_session, Id}))") == Atom("ok")


@pytest.mark.parametrize("kind", ["gateway"], indirect=True)
def test_a_gateway_that_refuses_is_told_before_anybody_waits(over, way):
    assert "status 401" in over.refuses(gateway_way(way.settings["url"], "wrong"))
    assert "no answer from the gateway" in over.refuses(gateway_way(f"http://127.0.0.1:{free_port()}"))


def test_why_a_node_cannot_is_said(node, over):
    strange = """
    Forms = [{attribute, 1, module, strange}, {attribute, 2, export, [{init, 1}, {handle_call, 3}, {variables, 2}]},
             {function, 3, init, 1, [{clause, 3, [{var, 3, '_'}], [], [{tuple, 3, [{atom, 3, ok}, {map, 3, []}]}]}]},
             {function, 4, handle_call, 3, [{clause, 4, [{var, 4, '_'}, {var, 4, '_'}, {var, 4, 'S'}], [],
                                            [{tuple, 4, [{atom, 4, reply}, {atom, 4, ok}, {var, 4, 'S'}]}]}]},
             {function, 5, variables, 2, [{clause, 5, [{var, 5, '_'}, {var, 5, '_'}], [], [{atom, 5, ok}]}]}],
    {ok, strange, Beam} = compile:forms(Forms, [binary]),
    {module, strange} = code:load_binary(strange, "strange", Beam),
    {ok, _} = gen_server:start({local, strange}, strange, [], []), ok
    """
    node.evaluate(strange)
    node.evaluate("register(rex_not, spawn(fun() -> receive stop -> ok end end)), ok")
    assert "keeps no table" in NodeHandOver(node, "strange", TABLE).why_not()
    node.evaluate("sys:replace_state(strange, fun(S) -> ets:new(its_own, [named_table]), S end), ok")
    assert "variables/2" in NodeHandOver(node, "strange", "its_own").why_not()
    assert "no process" in NodeHandOver(node, "nobody", TABLE).why_not()
    assert "no gen_server" in NodeHandOver(node, "rex_not", TABLE).why_not()
    without = "code:del_path(compiler), [begin code:purge(M), code:delete(M), code:purge(M) end || M <- [compile]], ok"
    node.evaluate("code:purge(snakeweb_node), code:delete(snakeweb_node), ok")
    node.evaluate(without)
    assert "has no compiler" in over.why_not()


def test_a_table_that_anybody_may_write_is_refused(node):
    opened = """
    {ok, _} = 'Elixir.Snakepit.Bridge.SessionStore':start_link([{name, open}, {table_name, closed}]),
    sys:replace_state(open, fun(S) -> ets:new(open_table, [named_table, public]), S end), ok
    """
    node.evaluate(opened)

    assert "past the session server" in NodeHandOver(node, "open", "open_table").why_not()
