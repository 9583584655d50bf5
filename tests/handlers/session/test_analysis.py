import pytest

from migrations_app.engine.plan import content_digest
from migrations_app.handlers.session.analysis import analyse
from migrations_app.handlers.session.checks import problems_of
from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.testing.servers import PostgresServer, RedisServer
from tests.handlers.session.moves import HOUR_MS, Move, fill, now_ms, number, place, sessions


@pytest.mark.parametrize("source", ["redis", "postgres", "sqlite"])
@pytest.mark.parametrize("target", ["redis", "postgres", "sqlite"])
def test_both_sides_are_described(places, source, target):
    move = Move(places[source](), places[target]())
    fill(move.source, sessions(120, size=100))

    seen = analyse(move.spec)

    assert seen.source_state["sessions"] == 120
    assert seen.target_state["sessions"] == 0
    assert 100 < seen.source_state["mean_bytes"] < 120
    assert seen.sizes == {"sessions": 120, "bytes": 120 * seen.source_state["mean_bytes"]}
    assert seen.source_state["sample"]["codecs"] == {"opaque": seen.source_state["sample"]["size"]}
    assert seen.source_state["sample"]["unrepresentable"] == {}
    assert 0 < seen.source_state["sample"]["shortest_left_ms"] <= HOUR_MS
    assert set(seen.fingerprints) == {"source", "target"}
    assert seen.fingerprints["source"]["size"] == 120
    assert problems_of(move.spec, seen) == []


def test_the_states_are_json_without_floats(move):
    fill(move.source, sessions(10))
    seen = analyse(move.spec)

    assert content_digest({"source": dict(seen.source_state), "target": dict(seen.target_state)})


def test_looking_changes_nothing(move):
    analyse(move.spec)

    assert not analyse(move.spec).target_state["exists"]


def test_stores_that_do_not_answer_are_all_reported_with_their_fields():
    nowhere = [place({"store": "redis", "host": "127.0.0.1", "port": 1}) for _ in range(2)]
    move = Move(*nowhere)

    seen = analyse(move.spec)

    found = {(problem.field, problem.code) for problem in problems_of(move.spec, seen)}
    assert {("targets.source", "dependency_unavailable"), ("targets.target", "dependency_unavailable")} <= found
    assert seen.fingerprints == {}


def test_wrong_credentials_are_a_problem_of_the_target(redis_place, postgres_server: PostgresServer):
    move = Move(redis_place(), place(postgres_server.config(), {"password": "not this one"}))

    problems = problems_of(move.spec, analyse(move.spec))

    assert [(problem.field, problem.code) for problem in problems] == [("targets.target", "validation_failed")]
    assert "not this one" not in problems[0].message


def test_values_that_the_target_cannot_hold_are_found_by_a_sample(redis_place, postgres_server: PostgresServer):
    config = postgres_server.config(table=f"j{number()}", value_type="jsonb", codec="json")
    move = Move(redis_place(), place(config, postgres_server.secrets))
    fill(move.source, sessions(10))

    sample = analyse(move.spec).source_state["sample"]

    assert sum(sample["unrepresentable"].values()) == 10


def test_unreadable_records_are_counted_by_reason(redis_server: RedisServer, sqlite_place):
    source = place(redis_server.config(prefix=f"a{number()}:", codec="json"), redis_server.secrets)
    fill(source, [SessionRecord("good", b"{}", Codec.JSON, expires_at_ms=now_ms() + HOUR_MS)])
    redis_server.command("SET", source.config["prefix"] + "bad", "{broken")

    sample = analyse(Move(source, sqlite_place()).spec).source_state["sample"]

    assert sample["unreadable"] == {"the value is not JSON": 1}
    assert sample["codecs"] == {"json": 1}


def test_the_basic_level_takes_no_sample(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place(), options={"validation_level": "basic"})
    fill(move.source, sessions(10))

    assert "sample" not in analyse(move.spec).source_state


def test_what_a_store_warns_of_is_passed_on(redis_place, tmp_path):
    options = {"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}
    with RedisServer(tmp_path / "evicting", persistent=False, options=options) as server:
        seen = analyse(Move(redis_place(), place(server.config(), server.secrets, name="cache")).spec)

    assert seen.target_state["free_bytes"] > 0
    assert any("“cache”" in warning for warning in seen.warnings)
