"""A standard migration from and to a snapshot file of either format, by the real executor; a file serves nobody."""

import os

import pytest

from migrations_app.beam.parts import atom, binary
from migrations_app.engine.handler import RiskCase
from migrations_app.engine.vocabulary import RunState
from migrations_app.handlers.session.risk.nodes import import_by_a_node
from migrations_app.stores.sessions import open_store
from tests.handlers.session.moves import SEEDER, Move, content, erlang_sessions, fill, opened, place, sessions
from tests.stores.sessions.snapshot.erlang_files import encoded, file_of, row


@pytest.fixture
def snapshot(tmp_path):
    return place({"store": "snapshot", "path": str(tmp_path / "cold" / "sessions.ndjson")})


@pytest.fixture(params=["from", "to"])
def move(request, tmp_path, snapshot, sqlite_place):
    (tmp_path / "cold").mkdir()
    sides = (snapshot, sqlite_place()) if request.param == "from" else (sqlite_place(), snapshot)
    move = Move(*sides, options={"parallel_workers": 2})
    fill(move.source, sessions(300))
    move.deploy()
    return move


def test_every_session_arrives_and_a_roll_back_leaves_nothing(move):
    before = content(move.source)

    run = move.run()

    assert run.state is RunState.SUCCEEDED, run.error
    assert run.result("verify")["mismatches"] == 0
    assert content(move.target) == before

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    assert content(move.source) == before
    with open_store(move.target.config, {}, read_only=True) as store:
        assert not store.probe().exists


def test_the_sidecar_goes_with_the_runs(move, snapshot):
    run = move.run()
    move.roll_back(run)

    left = set(os.listdir(os.path.dirname(snapshot.config["path"])))
    assert left <= {"sessions.ndjson", "sessions.ndjson.snakeweb"}


@pytest.fixture(params=["from sqlite", "to sqlite", "from redis", "to redis", "from postgres", "to postgres"])
def erlang_move(request, tmp_path, sqlite_place, empty_redis, empty_postgres):
    way, kind = request.param.split()
    other = {
        "sqlite": sqlite_place,
        "redis": lambda: place(empty_redis.config(), empty_redis.secrets),
        "postgres": lambda: place(empty_postgres.config(), empty_postgres.secrets),
    }[kind]()
    file = place({"store": "snapshot", "path": str(tmp_path / "sessions.etf"), "format": "etf"})
    move = Move(*((file, other) if way == "to" else (other, file)), options={"parallel_workers": 2})
    fill(move.source, erlang_sessions(300))
    move.deploy()
    return move


def test_every_session_of_a_node_s_file_arrives_and_a_roll_back_leaves_nothing(erlang_move):
    before = content(erlang_move.source)

    run = erlang_move.run()

    assert run.state is RunState.SUCCEEDED, run.error
    assert run.result("verify")["mismatches"] == 0
    assert content(erlang_move.target) == before
    assert len(before) == 300

    back = erlang_move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    assert content(erlang_move.source) == before
    assert content(erlang_move.target) == {}


def test_a_plan_into_a_file_for_a_node_says_what_the_import_changes(erlang_move):
    found = import_by_a_node(RiskCase(erlang_move.spec, erlang_move.handler.analyze(erlang_move.spec)))

    assert bool(found) is (erlang_move.target.config["store"] == "snapshot")


def test_what_the_store_got_meanwhile_comes_back_to_a_node_s_file(tmp_path, sqlite_place):
    path = tmp_path / "sessions.etf"
    own, users = encoded(row("session_3_4")), [encoded(row(f"user-{n}")) for n in range(20)]
    path.write_bytes(file_of(own, *users))
    move = Move(place({"store": "snapshot", "path": str(path), "format": "etf"}), sqlite_place())
    move.deploy()
    run = move.run()
    assert run.state is RunState.SUCCEEDED, run.error
    (new,) = erlang_sessions(1)
    with opened(move.target) as store:
        assert len(store.scan_ids("", 100).ids) == 20  # none of the node's own
        store.apply([new], SEEDER)
        store.delete(["user-7"], SEEDER)

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    assert content(move.source).keys() == {new.id, *(f"user-{n}" for n in range(20) if n != 7)}
    assert path.read_bytes().count(own) == 1


@pytest.mark.parametrize(("unreadable", "state"), [("stop", RunState.ROLLED_BACK), ("leave", RunState.SUCCEEDED)])
def test_a_session_that_cannot_leave_its_node_stops_the_run_or_stays(tmp_path, sqlite_place, unreadable, state):
    path = tmp_path / "sessions.etf"
    with_pid = encoded(row("user-2", {b"p": b"pid"})).replace(binary(b"pid"), b"X" + atom("a@b") + bytes(12))
    before = file_of(encoded(row("user-1")), with_pid)
    path.write_bytes(before)
    source = place({"store": "snapshot", "path": str(path), "format": "etf"})
    move = Move(source, sqlite_place(), parameters={"unreadable": unreadable})
    move.deploy()

    run = move.run()

    assert run.state is state
    assert ("a process id" in str(run.error)) == (unreadable == "stop")
    assert content(move.target).keys() == ({"user-1"} if unreadable == "leave" else set())
    assert path.read_bytes() == before
