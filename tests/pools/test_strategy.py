"""What a pool says to how it is to be rolled."""

import json

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.pools.base import PoolTooSmall
from migrations_app.pools.strategy import AfterDeadline, Limits, Strategy, plan_roll
from tests.pools.process_pool import NEW, OLD


@pytest.fixture
def driver(start_processes):
    with start_processes(workers=3, most=4).open() as driver:
        yield driver


def test_it_names_waves_and_minimum_and_changes_nothing(driver):
    plan = plan_roll(driver, to=NEW, strategy=Strategy(surge=1, max_unavailable=1))
    assert (plan.expected, plan.minimum, plan.back) == (3, 2, OLD)
    assert plan.waves == (("worker-1", "worker-2"), ("worker-3",))
    assert plan_roll(driver, to=OLD, strategy=Strategy()).waves == ()


def test_every_problem_at_once(driver):
    with pytest.raises(ValidationFailed) as caught:
        plan_roll(driver, to=None, strategy=Strategy(surge=2))
    assert [problem.field for problem in caught.value.problems] == ["parameters.version", "parameters.surge"]
    with pytest.raises(ValidationFailed) as caught:
        plan_roll(driver, to=NEW, strategy=Strategy(max_unavailable=0))
    assert [problem.field for problem in caught.value.problems] == ["parameters.max_unavailable"]
    with pytest.raises(PoolTooSmall):
        plan_roll(driver, to=NEW, strategy=Strategy(max_unavailable=3))


def test_a_node_says_what_it_lacks(start_pool):
    strategy = Strategy(surge=1, after_deadline=AfterDeadline.STOP)
    with start_pool(workers=3).open() as driver, pytest.raises(ValidationFailed) as caught:
        plan_roll(driver, to=NEW, strategy=strategy)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["parameters.version", "parameters.surge", "parameters.after_deadline"]


def test_a_strategy_comes_back_from_where_it_was_kept():
    strategy = Strategy(2, 0, AfterDeadline.WAIT, 3, 1.5, False, Limits(spare=0))
    assert Strategy.from_dict(json.loads(json.dumps(strategy.as_dict()))) == strategy
