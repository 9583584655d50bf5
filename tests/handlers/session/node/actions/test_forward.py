"""The hand-over when something goes wrong: the node goes on as it was, and nothing is lost."""

import threading
import time

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import RoutePhase, RunState
from migrations_app.handlers.session.node.actions import forward
from migrations_app.handlers.session.node.actions.forward import Forward
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.stores.sessions.beam.hand_over import Standing
from tests.handlers.session.contexts import context
from tests.stores.sessions.place import wait_until


def standing(world):
    with handing_over(context(world.move, "switch")) as over:
        return over.standing()


def test_without_a_gateway_the_node_goes_on_as_it_was(quiet, follower, monkeypatch):
    monkeypatch.setattr(forward, "GATEWAY_SECONDS", 0.5)
    quiet.create("a")

    with pytest.raises(StepFailed, match="no answer from the gateway"):
        Forward().do(context(quiet.move, "switch"))

    assert standing(quiet) is Standing.FREE
    assert quiet.move.route.phase is RoutePhase.PLAIN_A
    quiet.create("b")


def test_a_pause_that_ran_out_hands_nothing_over(world, tmp_path):
    """The driver sleeps at the worst moment: everything is level, and the node's patience is over."""
    world.create("a")
    run = world.move.begin()
    run.drive(until=lambda run: "prove" in run.view.results)
    go = tmp_path / "go"

    def wake():
        wait_until(lambda: (tmp_path / "go.reached").exists(), 30)
        wait_until(lambda: standing(world) is Standing.FREE, 30)
        world.create("late")
        go.touch()

    waker = threading.Thread(target=wake)
    waker.start()
    with armed(f"session.node.level:1:wait:{go}"):
        run.drive()
    waker.join()

    assert run.state is RunState.ROLLED_BACK, run.error
    assert "not_held" in str(run.error)
    assert world.answered([b"a", b"late"]).keys() == {b"a", b"late"}


@pytest.mark.parametrize("point", ["session.node.held", "session.node.level", "session.node.forwarded"])
def test_a_driver_that_dies_leaves_a_node_that_serves_and_its_successor_goes_on(world, point):
    world.start_callers()
    time.sleep(0.5)
    run = world.move.begin()
    run.drive(until=lambda run: "prove" in run.view.results)
    with armed(f"{point}:1:raise"), pytest.raises(Crash):
        run.drive()
    wait_until(lambda: standing(world) is not Standing.HELD, 60)

    run.drive()
    time.sleep(0.5)
    said = world.stop_callers()

    assert run.state is RunState.SUCCEEDED, run.error
    assert said.failures == []
    assert world.answered(list(said.alive)) == said.alive


@pytest.mark.parametrize("point", ["session.node.held", "session.node.restored"])
def test_a_driver_that_dies_on_the_way_back_is_followed_by_another(world, point):
    world.start_callers()
    time.sleep(0.5)
    run = world.move.begin()
    run.drive(until=lambda run: "switch" in run.view.results)
    with armed(f"{point}:1:raise"), pytest.raises(Crash):
        world.move.roll_back(run)
    wait_until(lambda: standing(world) is not Standing.HELD, 60)

    back = world.move.roll_back(run)
    time.sleep(0.5)
    said = world.stop_callers()

    assert back.state is RunState.ROLLED_BACK, back.error
    assert said.failures == []
    assert world.answered(list(said.alive)) == said.alive
    assert standing(world) is Standing.FREE
