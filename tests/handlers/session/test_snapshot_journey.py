"""A standard migration from and to a snapshot file, by the real executor; nobody is served while it is one's side."""

import os

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.stores.sessions import open_store
from tests.handlers.session.moves import Move, content, fill, place, sessions


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
