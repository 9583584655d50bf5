"""A live node that speaks to Redis itself: over and back without any gateway, and on when the sessions move on."""

import time
from contextlib import ExitStack

import pytest

from migrations_app.engine.vocabulary import RoutePhase, RunState
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions import open_store
from tests.handlers.session.moves import ROUTE, content, place
from tests.handlers.session.node.conftest import World, world_of, world_without_gateway
from tests.handlers.session.zero_downtime.moves import ZeroMove


@pytest.fixture
def direct(disposable_node, redis_side):
    return world_without_gateway(disposable_node, redis_side)


def test_over_without_a_gateway(direct):
    direct.start_callers()
    time.sleep(0.5)

    run = direct.move.run()
    time.sleep(1)
    said = direct.stop_callers()

    assert run.state is RunState.SUCCEEDED, run.error
    assert said.failures == []
    assert direct.answered(list(said.alive)) == said.alive
    assert direct.answered(said.gone) == {}
    assert direct.on_target(list(said.alive)) == said.alive
    assert direct.on_target(said.gone) == {}


def test_a_roll_back_brings_back_everything_and_leaves_nothing_in_the_store(direct, empty_redis):
    direct.start_callers()
    time.sleep(0.5)
    run = direct.move.begin()
    run.drive(until=lambda run: "switch" in run.view.results)
    time.sleep(1)

    back = direct.move.roll_back(run)
    time.sleep(0.5)
    said = direct.stop_callers()

    assert back.state is RunState.ROLLED_BACK, back.error
    assert said.failures == []
    assert direct.answered(list(said.alive)) == said.alive
    assert direct.answered(said.gone) == {}
    assert content(direct.move.target) == {}
    assert direct.move.route.phase is RoutePhase.PLAIN_A
    with open_routed(direct.move.target.config, {}) as store:
        assert not store.joined()
        assert list(store.fences()) == []


def away_from(world: World, tmp_path) -> ZeroMove:
    """A later migration of the store that the node was handed over to; nobody releases its hand-over."""
    third = place({"store": "sqlite", "path": str(tmp_path / "third.db"), "codec": "etf"})
    wishes = {"route": ROUTE, "hand_over": "released"}
    return ZeroMove(world.move.target, third, parameters=wishes, routes=world.move.routes)


def test_a_store_that_a_forwarder_serves_is_not_moved_in_standard_mode(direct, tmp_path):
    direct.move.run()
    away = away_from(direct, tmp_path)
    standard = ZeroMove(away.source, away.target, options={"zero_downtime": False}, parameters={"route": ROUTE})
    elsewhere = ZeroMove(away.source, away.target, parameters={"route": "another"})

    def problems(move):
        return [problem.field for problem in move.handler.check(move.spec, move.handler.analyze(move.spec))]

    assert problems(away) == []
    assert problems(standard) == ["options.zero_downtime"]
    assert problems(elsewhere) == ["parameters.route"]


def test_a_later_migration_that_is_rolled_back_leaves_the_forwarder_at_work(direct, tmp_path):
    direct.start_callers()
    time.sleep(0.5)
    assert direct.move.run().state is RunState.SUCCEEDED
    away = away_from(direct, tmp_path)

    run = away.begin()
    run.drive(until=lambda run: "prove" in run.view.results)
    assert direct.move.route.phase is RoutePhase.DUAL_A
    time.sleep(0.5)
    back = away.roll_back(run)
    time.sleep(0.5)
    said = direct.stop_callers()
    away.live.close()

    assert back.state is RunState.ROLLED_BACK, back.error
    assert said.failures == []
    assert direct.answered(list(said.alive)) == said.alive
    assert direct.answered(said.gone) == {}


def test_a_later_migration_takes_every_session_along_and_a_gateway_serves_on(disposable_node, redis_side, tmp_path):
    third = place({"store": "sqlite", "path": str(tmp_path / "third.db"), "codec": "etf"})
    with ExitStack() as stack:
        world = world_of(disposable_node, redis_side, tmp_path, stack, third)
        world.start_callers()
        time.sleep(0.5)
        assert world.move.run().state is RunState.SUCCEEDED
        away = ZeroMove(redis_side, third, parameters={"route": ROUTE}, routes=world.move.routes)

        run = away.run()
        time.sleep(0.5)
        said = world.stop_callers()
        away.live.close()

        assert run.state is RunState.SUCCEEDED, run.error
        assert said.failures == []
        assert world.answered(list(said.alive)) == said.alive
        assert world.answered(said.gone) == {}
        with open_store(third.config, {}, read_only=True) as store:
            assert store.missing([name.decode() for name in said.alive]) == []
            assert len(store.missing([name.decode() for name in said.gone])) == len(said.gone)
