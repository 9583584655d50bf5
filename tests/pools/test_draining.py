"""Taking workers out: what becomes of their requests, and of the others."""

from dataclasses import replace

import pytest

from migrations_app.pools.base import RollStopped
from migrations_app.pools.roll_report import Stage
from migrations_app.pools.rolling import roll
from migrations_app.pools.strategy import AfterDeadline
from tests.pools.process_pool import NEW, OLD
from tests.pools.rollers import IMPATIENT, QUICK, all_run
from tests.pools.test_rolling import Watching
from tests.stores.sessions.place import wait_until


class TestDrainDeadline:
    """A request that takes longer than the drain may."""

    @pytest.fixture
    def pool(self, start_processes):
        pool = start_processes(workers=2)
        pool.execute(4000)
        return pool

    @pytest.fixture
    def driver(self, pool):
        with pool.open() as driver:
            wait_until(lambda: driver.view().statistics.busy == 1)
            yield driver

    def test_waiting_on_loses_nothing(self, driver):
        strategy = replace(IMPATIENT, after_deadline=AfterDeadline.WAIT)
        report = roll(driver, to=NEW, strategy=strategy, on_progress=Watching())
        all_run(driver, NEW, 2)
        assert (report.cut, driver.view().statistics.errors) == (0, 0)

    def test_stopping_it_costs_that_request_and_is_counted(self, driver):
        strategy = replace(IMPATIENT, after_deadline=AfterDeadline.STOP)
        report = roll(driver, to=NEW, strategy=strategy, on_progress=Watching())
        all_run(driver, NEW, 2)
        assert (report.cut, report.unguarded, driver.view().statistics.errors) == (1, 1, 1)
        assert sorted(one.guarded for one in report.recycled) == [False, True]

    def test_giving_up_keeps_the_request_and_turns_back(self, driver):
        busy = next(worker.id for worker in driver.view().workers if worker.requests)
        with pytest.raises(RollStopped, match=rf"{busy} has 1 request\(s\) in its hands"):
            roll(driver, to=NEW, strategy=IMPATIENT, on_progress=Watching())
        all_run(driver, OLD, 2)
        wait_until(lambda: driver.view().statistics.busy == 0)
        assert driver.view().statistics.errors == 0


@pytest.mark.faults
def test_a_worker_that_dies_while_it_is_drained_is_changed_all_the_same(start_processes):
    pool = start_processes(workers=3)
    pool.execute(20_000)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 1)
        (busy,) = [worker.id for worker in driver.view().workers if worker.requests]

        killed = []

        def kill_it(progress):
            drained = progress.stage is Stage.IDLE and progress.worker == busy and progress.view.worker(busy).held
            if drained and not killed:
                killed.append(busy)
                pool.kill_worker(busy)

        strategy = replace(QUICK, limits=replace(QUICK.limits, report_seconds=0))
        roll(driver, to=NEW, strategy=strategy, on_progress=kill_it)
        all_run(driver, NEW, 3)
        assert killed == [busy]
        assert driver.view().statistics.errors == 1  # the worker's own death, not ours


@pytest.mark.faults
def test_when_another_worker_is_lost_the_drained_one_serves_again(start_processes):
    """Of three, one is drained; another dies, and cannot come back for a while."""
    pool = start_processes(workers=3)
    pool.execute(3000)
    seen = []
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 1)
        (busy,) = [worker.id for worker in driver.view().workers if worker.requests]
        other = next(worker.id for worker in driver.view().workers if worker.id != busy)

        def spoil(progress):
            if progress.stage is not Stage.IDLE or progress.worker != busy:
                return
            if progress.view.worker(busy).held and not seen:
                seen.append("drained")
                pool.settings["versions"][OLD.version] = pool.settings["versions"][NEW.version] = {"starting_ms": 1500}
                pool._prepare()
                pool.kill_worker(other)
            elif seen == ["drained"] and not progress.view.worker(other).ready and not progress.view.worker(busy).held:
                seen.append("serves again")

        limits = replace(QUICK.limits, report_seconds=0)
        roll(driver, to=NEW, strategy=replace(QUICK, limits=limits), on_progress=spoil)
        all_run(driver, NEW, 3)
    assert seen == ["drained", "serves again"]
