import pytest

from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.hand_back import hand_back
from migrations_app.handlers.session.sides import reading
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import Move, content, fill, sessions


@pytest.fixture
def switched(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place(), options={"batch_size": 50})
    held = sessions(120)
    fill(move.source, held)
    fill(move.target, [*held[:100], *sessions(40, prefix="new")])
    return move


def switched_context(move, **values):
    return context(move, "switch", route=(RoutePhase.SINGLE_B, "b"), **values)


def test_the_source_gets_what_the_target_got_and_serves_again(switched):
    ctx = switched_context(switched)

    hand_back(ctx)

    assert content(switched.source) == content(switched.target)
    assert len(content(switched.source)) == 140
    assert (switched.route.phase, switched.route.authority) == (RoutePhase.PLAIN_A, "a")
    assert [record.phase for record in switched.routes.published] == [
        RoutePhase.SINGLE_B,
        RoutePhase.HANDOFF_BACK,
        RoutePhase.PLAIN_A,
    ]
    assert "140 session(s) verified" in ctx.log.lines[-1]


def test_what_clients_wrote_on_the_target_is_ours_to_remove_afterwards(switched):
    hand_back(switched_context(switched))

    with reading(switched.target) as store:
        assert {record.version.epoch for record in store.scan("", 500).records} == {switched.run_id}


class Meddling(Notebook):
    """Somebody writes on the source at the `at`th batch while writes wait."""

    def __init__(self, move, at):
        super().__init__()
        self._move = move
        self._left = at

    def alive(self):
        if self._move.route.phase is RoutePhase.HANDOFF_BACK:
            self._left -= 1
            if self._left == 0:
                fill(self._move.source, [SessionRecord("stray", b"x")])


def test_whenever_somebody_meddles_nothing_of_the_target_is_lost(sqlite_place):
    outcomes = set()
    for at in range(1, 9):
        move = Move(sqlite_place(), sqlite_place(), options={"batch_size": 50}, parameters={"catch_up_passes": 0})
        fill(move.source, [])
        fill(move.target, sessions(30))
        try:
            hand_back(switched_context(move, progress=Meddling(move, at)))
        except DataCorruption:
            assert (move.route.phase, move.route.authority) == (RoutePhase.SINGLE_B, "b")
            outcomes.add("refused")
        else:
            assert move.route.phase is RoutePhase.PLAIN_A
            assert content(move.target).items() <= content(move.source).items()
            outcomes.add("back")
        assert len(content(move.target)) == 30

    assert outcomes == {"refused", "back"}


def test_a_pause_that_is_too_short_gives_up_and_writes_go_on(switched):
    switched.spec.parameters["write_pause_limit_ms"] = 1

    with pytest.raises(StepFailed, match="write_pause_limit_ms"):
        hand_back(switched_context(switched))

    assert (switched.route.phase, switched.route.authority) == (RoutePhase.SINGLE_B, "b")
