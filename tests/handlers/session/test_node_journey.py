"""A standard migration from and to the session table of a live node, by the real executor."""

import erldistpy
import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RunState
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import Codec, SessionRecord
from tests.handlers.session.moves import HOUR_MS, Move, content, erlang_sessions, fill, now_ms, place
from tests.stores.sessions.beam.conftest import store_on

WRITER = WorkerToken("application", 1)


def node_store(node, **options):
    made = store_on(node, **options)
    return place(made.config, made.secrets)


@pytest.fixture(params=["from sqlite", "to sqlite", "to redis", "to postgres"])
def move(request, beam_node, sqlite_place, empty_redis, empty_postgres):
    other = {
        "sqlite": sqlite_place,
        "redis": lambda: place(empty_redis.config(), empty_redis.secrets),
        "postgres": lambda: place(empty_postgres.config(), empty_postgres.secrets),
    }[request.param.split()[1]]()
    sides = (other, node_store(beam_node)) if request.param.startswith("from") else (node_store(beam_node), other)
    move = Move(*sides, options={"parallel_workers": 2})
    fill(move.source, erlang_sessions(300))
    move.deploy()
    return move


def within_a_second(found, wanted):
    assert found.keys() == wanted.keys()
    for name, (value, deadline) in found.items():
        assert erldistpy.decode(value) == erldistpy.decode(wanted[name][0])
        assert abs(deadline - wanted[name][1]) <= 1000


def test_every_session_arrives_and_a_roll_back_brings_it_back(move):
    before = content(move.source)

    run = move.run()

    assert run.state is RunState.SUCCEEDED, run.error
    assert run.result("verify")["mismatches"] == 0
    within_a_second(content(move.target), before)

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    within_a_second(content(move.source), before)
    assert content(move.target) == {}


def test_what_the_target_got_meanwhile_comes_back_to_the_node(beam_node, sqlite_place):
    move = Move(node_store(beam_node), sqlite_place())
    fill(move.source, erlang_sessions(50))
    move.deploy()
    run = move.run()
    (record,) = erlang_sessions(1)
    with open_store(move.target.config, move.target.secrets) as store:
        store.raise_worker_fence(WRITER)
        new = SessionRecord("user-new", record.value, Codec.ETF, None, None, HOUR_MS, now_ms() + HOUR_MS)
        store.apply([new], WRITER)
        store.delete(["user-00007"], WRITER)

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    with open_store(move.source.config, move.source.secrets, read_only=True) as store:
        (returned, gone) = store.read(["user-new", "user-00007"])
    assert gone is None
    assert returned is not None
    assert (returned.ttl_ms, returned.value) == (HOUR_MS, record.value)


def test_a_quota_that_is_too_small_stops_the_run_before_anything_is_written(beam_node, sqlite_place):
    move = Move(sqlite_place(), node_store(beam_node, max_sessions=10))
    fill(move.source, erlang_sessions(50))
    move.deploy()

    run = move.run()

    assert run.state in (RunState.FAILED, RunState.ROLLED_BACK)
    assert "may hold 10 sessions" in str(run.error)
    assert content(move.target) == {}
