from datetime import timedelta

import pytest

from migrations_app.engine.crash_points import Crash
from migrations_app.engine.errors import IllegalTransition, LeaseLost, StepFailed
from migrations_app.engine.interruptions import Paused, SliceOver, Superseded
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import pause
from migrations_app.handlers.session.pause import BACK, FORWARD, MARGIN, Pause
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, SystemClock


def forget(_more):
    """A checkpoint that nobody reads."""


@pytest.fixture
def ctx(move):
    return context(move, route=(RoutePhase.PLAIN_A, "a"))


def test_it_is_published_with_a_deadline_after_the_checkpoint(ctx, move):
    saved = []

    taken = pause.begin(ctx, FORWARD, None, lambda more: saved.append((more, move.route.phase)))

    assert saved == [({"base_epoch": 1}, RoutePhase.PLAIN_A)]
    assert (move.route.phase, move.route.authority, move.route.epoch) == (RoutePhase.HANDOFF, "a", taken.epoch)
    assert move.route.handoff_deadline == taken.deadline
    assert pause.holds(ctx, FORWARD, taken)
    assert Pause.from_dict(taken.as_dict()) == taken


def test_a_replaced_driver_fails_in_the_checkpoint_and_publishes_nothing(ctx, move):
    def stale(_more):
        raise LeaseLost

    with pytest.raises(LeaseLost):
        pause.begin(ctx, FORWARD, None, stale)
    assert move.route.epoch == 1


def test_beginning_again_publishes_a_new_deadline_and_adds_the_waits_up(ctx):
    first = pause.begin(ctx, FORWARD, None, forget)
    second = pause.begin(ctx, FORWARD, first, forget)

    assert second.epoch == first.epoch + 1
    assert second.deadline >= first.deadline
    assert not pause.holds(ctx, FORWARD, first)
    assert second.waited_ms(second.since + timedelta(seconds=2)) >= 2000


def test_after_its_deadline_nobody_waits():
    now = SystemClock().now()
    over = Pause(3, now, now + timedelta(seconds=10))

    assert over.waited_ms(now + timedelta(hours=1)) == 10_000
    assert over.has_time(now + timedelta(seconds=7))
    assert not over.has_time(now + timedelta(seconds=10) - MARGIN)


def test_release_lets_writes_go_on_and_is_harmless_otherwise(ctx, move):
    pause.begin(ctx, FORWARD, None, forget)

    pause.release(ctx, FORWARD)
    pause.release(ctx, FORWARD)

    assert (move.route.phase, move.route.epoch) == (RoutePhase.PLAIN_A, 3)
    assert move.route.handoff_deadline is None


@pytest.mark.parametrize("error", [StepFailed(), Paused(), KeyboardInterrupt()], ids=repr)
def test_whatever_ends_it_early_releases_the_writes(ctx, move, error):
    pause.begin(ctx, FORWARD, None, forget)

    with pytest.raises(type(error)), pause.released_on_failure(ctx, FORWARD):
        raise error
    assert move.route.phase is RoutePhase.PLAIN_A


@pytest.mark.parametrize("error", [SliceOver(), LeaseLost(), Superseded(), Crash()], ids=repr)
def test_a_hand_over_to_the_next_driver_keeps_them_waiting(ctx, move, error):
    pause.begin(ctx, FORWARD, None, forget)

    with pytest.raises(type(error)), pause.released_on_failure(ctx, FORWARD):
        raise error
    assert move.route.phase is RoutePhase.HANDOFF


@pytest.mark.parametrize(
    ("route", "direction"),
    [
        ((RoutePhase.SINGLE_B, "b"), FORWARD),
        ((RoutePhase.HANDOFF_BACK, "b"), FORWARD),
        ((RoutePhase.PLAIN_A, "a"), BACK),
    ],
)
def test_sessions_never_go_towards_the_authority(move, route, direction):
    with pytest.raises(IllegalTransition, match="Nothing was changed"):
        pause.require(context(move, route=route), direction)


def test_a_client_that_does_not_stop_writing_is_named_and_writes_go_on(redis_place, sqlite_place, monkeypatch):
    monkeypatch.setattr(pause, "ACKNOWLEDGED_WITHIN_SECONDS", 0.2)
    move = Move(redis_place(), sqlite_place(), extra={"unacknowledged": lambda name, epoch: [f"web-1 of {name}"]})
    ctx = context(move, route=(RoutePhase.PLAIN_A, "a"))

    with pytest.raises(StepFailed, match="web-1 of sessions") as refused:
        pause.begin(ctx, FORWARD, None, forget)

    assert refused.value.details["clients"] == ["web-1 of sessions"]
    assert move.route.phase is RoutePhase.PLAIN_A


def test_it_waits_until_the_last_client_has_acknowledged(redis_place, sqlite_place):
    answers = [["web-1", "web-2"], ["web-2"], []]
    asked = []

    def unacknowledged(name, epoch):
        asked.append((name, epoch))
        return answers.pop(0)

    move = Move(redis_place(), sqlite_place(), extra={"unacknowledged": unacknowledged})
    taken = pause.begin(context(move, route=(RoutePhase.PLAIN_A, "a")), FORWARD, None, forget)

    assert asked == [("sessions", taken.epoch)] * 3
