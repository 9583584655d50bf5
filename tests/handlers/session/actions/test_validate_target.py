from dataclasses import replace

import pytest

from migrations_app.engine.errors import InsufficientResources, ValidationFailed
from migrations_app.handlers.session.actions.validate_target import ValidateTarget
from migrations_app.stores.sessions.records import Version
from migrations_app.testing.servers import RedisServer
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, fill, place, sessions


def test_an_empty_target_passes(move):
    assert ValidateTarget().do(context(move, "validate_target"))["free_bytes"] > 0


def test_sessions_of_others_are_refused(move):
    fill(move.target, sessions(2))

    with pytest.raises(ValidationFailed) as refused:
        ValidateTarget().do(context(move, "validate_target"))

    assert [problem.code for problem in refused.value.problems] == ["target_not_empty"]
    assert "nothing was changed" in str(refused.value)


def test_copies_of_this_run_are_no_obstacle_to_a_second_attempt(move):
    fill(move.target, [replace(record, version=Version(move.run_id, 1)) for record in sessions(2)])

    ValidateTarget().do(context(move, "validate_target"))


def test_a_target_without_the_room(redis_place, tmp_path):
    source = redis_place()
    fill(source, sessions(200, size=100_000))
    with RedisServer(tmp_path / "small", persistent=False, options={"maxmemory": "12mb"}) as small:
        target = place(small.config(), small.secrets)
        with pytest.raises(InsufficientResources) as refused:
            ValidateTarget().do(context(Move(source, target), "validate_target"))

    assert refused.value.details["needed_bytes"] > refused.value.details["free_bytes"]


def test_what_is_risky_but_possible_is_a_warning(redis_place, tmp_path):
    options = {"maxmemory": "200mb", "maxmemory-policy": "allkeys-lru"}
    with RedisServer(tmp_path / "evicting", persistent=False, options=options) as server:
        ctx = context(Move(redis_place(), place(server.config(), server.secrets)), "validate_target")
        result = ValidateTarget().do(ctx)

    assert result["eviction_policy"] == "allkeys-lru"
    assert any("allkeys-lru" in line for line in ctx.log.lines)


def test_a_preview_looks_the_same_way(move):
    fill(move.target, sessions(2))

    with pytest.raises(ValidationFailed):
        ValidateTarget().preview(context(move, "validate_target", read_only=True))
