"""What somebody does to the log or its tables ends the run, and the source goes on."""

import pytest

from tests.handlers.data.live.shop import (
    Shop,
    died,
    nothing_left,
    rolled_back,
)

pytestmark = pytest.mark.servers


def test_a_trigger_that_somebody_drops_ends_the_run(shop: Shop):
    shop.fill(20)
    run = shop.move().begin()
    died(run, "data.live.installed")
    shop.here.drop_a_trigger()
    rolled_back(run, "not whole any more")
    nothing_left(shop)


def test_a_table_that_somebody_alters_ends_the_run(shop: Shop):
    shop.fill(20)
    run = shop.move().begin()
    died(run, "data.live.installed")
    shop.here.run("ALTER TABLE {items} ADD COLUMN weight integer")
    rolled_back(run, "was altered")


def test_two_runs_of_one_source(two_servers: Shop):
    first = two_servers.move().begin()
    died(first, "data.live.installed")
    second = two_servers.move()
    found = second.handler.check(second.spec, second.handler.analyze(second.spec))
    (problem,) = [each for each in found if each.code == "log_of_another"]

    assert "run 1" in problem.message
