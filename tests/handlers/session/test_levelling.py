import pytest

from migrations_app.engine.errors import IllegalTransition, StepFailed
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.levelling import (
    FEW,
    Progressed,
    catch_up,
    final_pass,
    reconciliation,
    refuse_long_pause,
)
from migrations_app.handlers.session.pause import BACK, FORWARD
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, content, fill, sessions


@pytest.fixture
def filled(redis_place):
    move = Move(redis_place(), redis_place(), options={"batch_size": 50}, parameters={"catch_up_passes": 4})
    fill(move.source, sessions(FEW + 50))
    fill(move.target, [])
    return move


def run(move, state=None, saves=None):
    ctx = context(move, route=(RoutePhase.PLAIN_A, "a"))
    with reconciliation(ctx, FORWARD) as work:
        return catch_up(ctx, work, 2, state or Progressed(), (saves if saves is not None else []).append)


def test_passes_go_on_until_one_changes_few_records(filled):
    state = run(filled)

    assert state.passes == 2  # one that changed many, one that changed none
    assert state.changed == FEW + 50
    assert content(filled.target) == content(filled.source)


def test_there_are_no_more_passes_than_allowed(filled):
    filled.spec.parameters["catch_up_passes"] = 0

    assert run(filled) == Progressed()
    assert content(filled.target) == {}


def test_it_goes_on_from_every_state_that_it_saved(filled):
    saves = []
    run(filled, saves=saves)

    for state in saves:
        fill(filled.target, sessions(3, prefix="stray"))
        run(filled, state)
        ctx = context(filled)
        with reconciliation(ctx, FORWARD) as work:
            final_pass(ctx, work, 9)
        assert content(filled.target) == content(filled.source)


def test_a_pause_that_would_be_too_long_is_refused_before_anybody_waits(filled):
    filled.spec.parameters["write_pause_limit_ms"] = 3_000
    ctx = context(filled, route=(RoutePhase.PLAIN_A, "a"))

    refuse_long_pause(ctx, Progressed(passes=1, pass_ms=1_500))
    with pytest.raises(StepFailed, match="nobody had to wait") as refused:
        refuse_long_pause(ctx, Progressed(passes=1, pass_ms=1_501))

    assert refused.value.details == {"expected_ms": 3_002, "limit_ms": 3_000}
    assert run(filled).pass_ms > 0


def test_the_other_direction_goes_the_other_way(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place())
    fill(move.source, sessions(5, prefix="stale"))
    fill(move.target, sessions(20))
    ctx = context(move, route=(RoutePhase.SINGLE_B, "b"))

    with reconciliation(ctx, BACK) as work:
        done = final_pass(ctx, work, 1)

    assert (done.applied, done.deleted) == (20, 5)
    assert content(move.source) == content(move.target)


def test_nothing_is_opened_towards_the_authority(filled):
    ctx = context(filled, route=(RoutePhase.SINGLE_B, "b"))

    with pytest.raises(IllegalTransition), reconciliation(ctx, FORWARD):
        pass
