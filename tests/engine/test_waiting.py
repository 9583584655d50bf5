"""A step that asks to be driven again later."""

from datetime import timedelta

from migrations_app.engine.executor import OutcomeKind
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


def waiting(reason: ParkedFor, seconds: float | None, times: int = 1) -> tuple[LocalRun, list[int]]:
    """A run whose switch waits before its effect, so often."""
    left = [times]
    run: LocalRun

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch" and not moment.after and left[0]:
            left[0] -= 1
            wake_at = None if seconds is None else run.clock.now() + timedelta(seconds=seconds)
            raise Waits(reason, wake_at)

    run = local_run(World(), hook)
    return run, left


def test_it_holds_no_driver_until_its_time_and_counts_as_the_same_attempt() -> None:
    run, _ = waiting(ParkedFor.SOAK, 3600)
    outcome = run.drive()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "soak")
    assert outcome.wake_at == run.view.wake_at
    assert run.view.state is RunState.PARKED
    view = run.finish()
    assert view.state is RunState.SUCCEEDED
    assert view.step("switch").attempt == 1
    assert view.step("switch").own.deaths == 0


def test_waiting_does_not_count_against_the_time_limit() -> None:
    run, _ = waiting(ParkedFor.HELD, None)
    run.drive()
    run.clock.advance(100 * 3600)
    assert run.finish().state is RunState.SUCCEEDED


def test_it_may_be_driven_early_and_wait_again_as_often_as_it_likes() -> None:
    run, left = waiting(ParkedFor.HELD, None, times=6)
    for _ in range(6):
        assert run.drive().reason == "held"
    assert left == [0]
    assert run.finish().state is RunState.SUCCEEDED


def test_a_waiting_run_can_be_paused_cancelled_and_rolled_back() -> None:
    for signal, ends in ((Signal.CANCEL, RunState.ROLLED_BACK), (Signal.ROLL_BACK, RunState.ROLLED_BACK)):
        run, _ = waiting(ParkedFor.SOAK, 3600, times=99)
        run.drive()
        run.signal(signal)
        assert run.finish().state is ends
    run, _ = waiting(ParkedFor.SOAK, 3600)
    run.drive()
    run.signal(Signal.PAUSE)
    assert run.finish().state is RunState.PAUSED
