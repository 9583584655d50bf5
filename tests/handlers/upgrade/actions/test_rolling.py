"""A roll inside of a step that is cut into slices."""

import pytest

from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.vocabulary import RunState, Signal
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def test_the_time_of_a_drain_goes_on_over_slices(upgrade: Upgrade) -> None:
    """A request of two minutes, a limit of 60 s, and a worker process that gives every sixth report to another one."""
    upgrade.parameters = {"drain_seconds": 60, "after_deadline": "stop"}
    calls = 0

    def alive() -> None:
        nonlocal calls
        calls += 1
        upgrade.clock.advance(4)
        if calls % 6 == 0:
            raise SliceOver

    run = upgrade.begin(alive=alive)
    upgrade.pool.execute(120_000)

    view = run.finish()

    assert view.state is RunState.SUCCEEDED, view.error
    assert view.results["roll"]["cut"] == 1
    assert upgrade.releases == {"0.13.0"}


def test_a_pause_takes_effect_in_the_middle_of_a_drain_and_the_worker_serves_again(upgrade: Upgrade) -> None:
    run = upgrade.begin()
    upgrade.pool.execute(120_000)

    def alive() -> None:
        if "roll" in {event.step for event in run.memory.events}:
            run.signal(Signal.PAUSE)

    run.alive = alive

    view = run.finish()

    assert view.state is RunState.PAUSED
    with upgrade.pool.open(read_only=True) as pool:
        assert not any(worker.held for worker in pool.view().workers)
