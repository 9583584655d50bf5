"""A whole hand-over of a live node under its callers, by the real executor: over, on, and back."""

import time
from contextlib import ExitStack

import pytest

from migrations_app.engine.vocabulary import RoutePhase, RunState
from tests.handlers.session.moves import content, place
from tests.handlers.session.node.conftest import world_of


def test_nothing_that_was_acknowledged_is_lost_going_over(world):
    world.start_callers()
    time.sleep(1)

    run = world.move.run()
    time.sleep(1)
    said = world.stop_callers()

    assert run.state is RunState.SUCCEEDED, run.error
    assert said.failures == []
    assert world.answered(list(said.alive)) == said.alive
    assert world.answered(said.gone) == {}
    assert world.on_target(list(said.alive)) == said.alive
    assert 0 < run.result("switch")["pause_us"] <= 1000 * run.result("switch")["downtime"]
    assert run.result("prove")["compared"] > 0
    assert world.move.route.phase is RoutePhase.SINGLE_B


def test_a_roll_back_brings_back_everything_that_was_written_since(world):
    world.start_callers()
    time.sleep(0.5)
    run = world.move.begin()
    run.drive(until=lambda run: "switch" in run.view.results)
    assert world.move.route.phase is RoutePhase.SINGLE_B
    time.sleep(1)

    back = world.move.roll_back(run)
    time.sleep(0.5)
    said = world.stop_callers()

    assert back.state is RunState.ROLLED_BACK, back.error
    assert said.failures == []
    assert world.answered(list(said.alive)) == said.alive
    assert world.answered(said.gone) == {}
    assert content(world.move.target) == {}
    assert world.move.route.phase is RoutePhase.PLAIN_A
    assert world.node.evaluate("code:is_loaded(snakeweb_node)") is False


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_over_to_a_server_behind_a_gateway(disposable_node, kind, empty_redis, empty_postgres, tmp_path):
    server = {"redis": empty_redis, "postgres": empty_postgres}[kind]
    with ExitStack() as stack:
        target = place(server.config(codec="etf"), server.secrets)
        world = world_of(disposable_node, target, tmp_path, stack, forward_by="gateway")
        world.start_callers()
        time.sleep(0.5)

        run = world.move.run()
        time.sleep(0.5)
        said = world.stop_callers()

        assert run.state is RunState.SUCCEEDED, run.error
        assert said.failures == []
        assert world.on_target(list(said.alive)) == said.alive
