"""Rehearsals between real stores: everything happens beside the target, and nothing of it is left."""

import sqlite3
from pathlib import Path

import pytest
import redis

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.rehearsal import NOT_REHEARSED
from migrations_app.engine.vocabulary import RoutePhase, RunKind, RunState, Signal, StepState
from migrations_app.stores.sessions import open_store
from tests.handlers.session.moves import Move, Traffic, content, fill, place, sessions

PAIRS = [("redis", "postgres"), ("postgres", "redis"), ("redis", "sqlite"), ("sqlite", "snapshot"), ("redis", "redis")]


@pytest.fixture
def place_of(places, tmp_path):
    def snapshot():
        (tmp_path / "cold").mkdir()
        return place({"store": "snapshot", "path": str(tmp_path / "cold" / "sessions.ndjson")})

    return {**places, "snapshot": snapshot}


@pytest.fixture
def left(redis_server, empty_postgres, tmp_path):
    """Everything that there is on any of the servers, by name."""

    def look():
        with redis.Redis.from_url(redis_server.url) as client:
            keys = [key.decode() for key in client.scan_iter()]
        tables = empty_postgres.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").split()
        return sorted([*keys, *tables, *(str(path) for path in tmp_path.rglob("*") if path.is_file())])

    return look


@pytest.fixture(params=PAIRS, ids="-to-".join)
def move(request, place_of, empty_postgres):
    source, target = request.param
    move = Move(place_of[source](), place_of[target](), options={"parallel_workers": 2})
    fill(move.source, sessions(600))
    move.deploy()
    return move


def rehearsed(move):
    run = move.begin(RunKind.REHEARSAL)
    run.drive()
    return run


def without_fence(names, run):
    """Redis keeps the run's fence for a day against a worker that wakes up late."""
    return [name for name in names if name != f"snakeweb:fence:run:{run.brief.run_id}"]


def of_nobody_else(names, run):
    """Without what the client of the traffic makes and ends beside it."""
    kept = [name for name in without_fence(names, run) if "rehearsal" in name or not name.startswith("snakeweb:")]
    return [name for name in kept if "live-" not in name]


def test_it_goes_through_all_steps_under_writes_and_leaves_nothing(move, left):
    before, names = content(move.source), left()
    with Traffic(move) as traffic:
        traffic.wait_for(20)
        run = rehearsed(move)
        traffic.wait_for(traffic.operations + 20)

    assert run.state is RunState.SUCCEEDED, run.error
    assert run.result("transfer")["sessions"] >= 600
    assert run.result("verify")["compared"] >= 600
    assert run.result("verify")["mismatches"] == 0
    assert NOT_REHEARSED in run.result("cleanup")
    assert (move.route.epoch, move.route.phase) == (1, RoutePhase.PLAIN_A)
    assert {id_: held for id_, held in content(move.source).items() if id_.startswith("s-")} == before
    assert content(move.target) == {}
    assert of_nobody_else(left(), run) == of_nobody_else(names, run)


def test_its_steps_stay_done_when_they_are_cleaned_up(place_of):
    move = Move(place_of["redis"](), place_of["sqlite"]())
    fill(move.source, sessions(50))

    run = rehearsed(move)

    assert {step.id for step in run.view.steps if step.state is StepState.UNDONE} == {"backup", "initialise"}
    result = run.memory.events[-1].payload["result"]
    assert result["status"] == "success"
    assert result["steps_completed"] == result["steps_total"] == 8
    assert result["failed_steps"] == []
    assert result["metadata"]["plan_digest"] == run.brief.plan.digest
    assert list(move.artifacts.keys("")) == []


@pytest.mark.parametrize(
    "point", ["session.initialise.created", "session.transfer.applied:2", "session.clean_up.removed"]
)
def test_a_driver_that_dies_anywhere_leaves_nothing_in_the_end(move, left, point):
    names = left()
    run = move.begin(RunKind.REHEARSAL)
    with armed(f"{point}:raise"), pytest.raises(Crash):
        run.drive()

    run.drive()

    assert run.state is RunState.SUCCEEDED, run.error
    assert without_fence(left(), run) == names


def test_cancelled_half_way_it_is_cleaned_up_all_the_same(place_of, left):
    move = Move(place_of["postgres"](), place_of["sqlite"](), options={"rollback_enabled": False})
    fill(move.source, sessions(600))
    names = left()
    run = move.begin(RunKind.REHEARSAL)

    with armed("session.transfer.applied:2:raise"), pytest.raises(Crash):
        run.drive()
    run.memory.signal = Signal.CANCEL
    run.drive()

    assert run.state is RunState.ROLLED_BACK
    assert run.error["type"] == "user_cancelled"
    assert left() == names


def test_of_a_plan_without_downtime_the_copy_is_rehearsed_and_the_hand_over_named_as_open(place_of, left):
    options = {"zero_downtime": True, "parallel_workers": 2, "cleanup_source": True}
    move = Move(place_of["redis"](), place_of["postgres"](), options=options)
    fill(move.source, sessions(300))
    before, names = content(move.source), left()

    run = rehearsed(move)

    assert run.state is RunState.SUCCEEDED, run.error
    assert run.result("transfer")["sessions"] == 300
    assert (run.result("prove")["compared"], run.result("prove")["mismatches"]) == (300, 0)
    open_ = [step.id for step in run.brief.plan.steps if NOT_REHEARSED in run.result(step.id)]
    assert open_ == ["join", "journal", "dual_write", "switch", "complete", "retire"]
    assert "hand-over" in run.result("switch")[NOT_REHEARSED]
    assert (move.route, content(move.source)) == (None, before)
    assert without_fence(left(), run) == names


@pytest.fixture
def lossy(tmp_path, redis_place):
    """A table of somebody else's that keeps deadlines in seconds, where the plan asks for milliseconds."""
    path = str(tmp_path / "theirs.db")
    columns = {"key": "id", "value": "data", "expires_at": {"column": "ends", "unit": "s"}}
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (id VARCHAR(40) NOT NULL, data BLOB NOT NULL, ends INTEGER)")
        connection.execute("CREATE UNIQUE INDEX by_id ON theirs (id)")
        connection.execute("CREATE TRIGGER t AFTER INSERT ON theirs BEGIN SELECT RAISE(ABORT, 'not me'); END")
    connection.close()
    target = place({"store": "sqlite", "path": path, "table": "theirs", "columns": columns})
    move = Move(redis_place(), target)
    fill(move.source, sessions(100))
    return move


def test_what_the_target_would_damage_is_found_and_named_without_an_id(lossy, left):
    strict = Move(lossy.source, lossy.target, parameters={"deadline_tolerance_ms": 0})
    names = left()

    run = rehearsed(strict)

    assert run.state is RunState.ROLLED_BACK
    assert run.error["type"] == DataCorruption.code
    assert "read back" in run.error["message"]
    assert "s-0000" not in str(run.error)
    assert without_fence(left(), run) == names


def test_a_table_of_somebody_else_is_rehearsed_in_one_made_like_it(lossy, left):
    names = left()

    run = rehearsed(lossy)

    assert run.state is RunState.SUCCEEDED, run.error
    assert without_fence(left(), run) == names


def test_a_table_of_postgres_is_made_like_the_targets_and_its_sequences_are_left_alone(
    redis_place, empty_postgres, left
):
    empty_postgres.sql(
        "CREATE TABLE theirs (session_key varchar(60) PRIMARY KEY, session_data bytea NOT NULL, ends timestamptz, "
        "number int GENERATED ALWAYS AS IDENTITY)"
    )
    columns = {"key": "session_key", "value": "session_data", "expires_at": "ends"}
    config = empty_postgres.config(table="public.theirs", columns=columns)
    move = Move(redis_place(), place(config, empty_postgres.secrets))
    fill(move.source, sessions(100))
    names = left()

    run = rehearsed(move)

    assert run.state is RunState.SUCCEEDED, run.error
    assert without_fence(left(), run) == names
    assert empty_postgres.sql("SELECT last_value, is_called FROM theirs_number_seq").strip() == "1|f"

    empty_postgres.sql("ALTER TABLE theirs ALTER number DROP IDENTITY")
    empty_postgres.sql("CREATE SEQUENCE shared; ALTER TABLE theirs ALTER number SET DEFAULT nextval('shared')")

    refused = rehearsed(move)

    assert refused.state is RunState.ROLLED_BACK
    assert "takes its numbers from a sequence" in refused.error["message"]
    assert [name for name in left() if "rehearsal" in name] == []
    assert empty_postgres.sql("SELECT is_called FROM shared").strip() == "f"


def test_a_target_that_is_not_empty_fails_the_rehearsal_as_it_would_fail_the_run(place_of):
    move = Move(place_of["redis"](), place_of["sqlite"]())
    fill(move.source, sessions(20))
    fill(move.target, sessions(3, prefix="theirs"))

    run = rehearsed(move)

    assert run.state is RunState.ROLLED_BACK
    assert run.error["details"]["problems"][0]["code"] == "target_not_empty"
    assert len(content(move.target)) == 3


class TestNoPlace:
    def test_a_prefix_that_takes_every_key_for_a_session(self, redis_place, sqlite_place):
        short = redis_place()
        short.config["prefix"] = "snake"
        targets = {"source": sqlite_place(), "target": short}
        assert "count as sessions" in Move(**targets).handler.why_no_rehearsal(targets)

    def test_a_node(self, sqlite_place):
        node = place({"store": "beam", "node": "snakepit@127.0.0.1"})
        handler = Move(sqlite_place(), sqlite_place()).handler
        assert "live node" in handler.why_no_rehearsal({"source": node, "target": sqlite_place()})
        assert "live node" in handler.why_no_rehearsal({"source": sqlite_place(), "target": node})
        assert handler.why_no_rehearsal({"source": sqlite_place(), "target": sqlite_place()}) == ""


def test_only_the_namespace_of_the_own_run_is_ever_removed(tmp_path: Path, sqlite_place):
    target = sqlite_place()
    fill(target, sessions(3))
    with open_store(target.config, {}) as store, pytest.raises(ValidationFailed, match="nothing was removed"):
        store.remove_scratch(WorkerToken("run:7", 1), lambda: None)
    assert len(content(target)) == 3
