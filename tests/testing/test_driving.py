import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.executor import Limits
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing import driving
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


def test_it_jumps_over_waits_and_answers_confirmations() -> None:
    run = local_run(World(), chosen={"cleanup_source": True, "parallel_workers": 2}, limits=Limits(slice_seconds=1))
    run.memory.on_append = lambda events: run.clock.advance(1)
    assert run.finish().state is RunState.SUCCEEDED


def test_a_run_that_never_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "MOST_DRIVES", 0)
    with pytest.raises(AssertionError, match="did not end"):
        local_run(World()).finish()
    with pytest.raises(AssertionError, match="did not end"):
        local_run(World()).finish_partition("copy", 0)


def test_a_driver_that_is_superseded_by_nobody_is_an_error() -> None:
    run = local_run(World())
    run.memory.before_append = lambda events: run.memory.claim("run:1") and None
    with pytest.raises(AssertionError, match="superseded"):
        run.finish()


def test_a_retry_of_a_failed_run_goes_forward_and_of_a_stuck_one_back() -> None:
    def hook(moment: Moment) -> None:
        if moment.call in broken and moment.step == "switch":
            raise StepFailed

    broken = {Call.DO, Call.UNDO}
    run = local_run(World(), hook)
    assert run.finish().state is RunState.STUCK
    broken.clear()
    run.retry()
    assert run.finish().state is RunState.ROLLED_BACK
