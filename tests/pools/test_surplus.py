"""Workers beyond those that a pool should have."""

from dataclasses import replace

import pytest

from migrations_app.pools.base import RecycleFailed
from migrations_app.pools.roll_report import Stage
from migrations_app.pools.rolling import roll
from tests.pools.process_pool import NEW, OLD
from tests.pools.rollers import IMPATIENT, QUICK, all_run
from tests.pools.test_rolling import Watching
from tests.stores.sessions.place import wait_until


def test_where_the_pool_refills_too_there_is_never_more_than_one_beyond(start_pool):
    pool = start_pool(workers=4, starting=30, stopping=10, refill_ms=100)
    old = pool.names()
    pool.load(callers=2, most_ms=10)
    with pool.open() as driver:
        report = roll(driver, strategy=QUICK, on_progress=Watching())
        _, failed, seen = pool.unload()
        after = driver.view()

    assert failed == []
    assert (min(seen), max(seen)) == (3, 5)
    assert len(report.recycled) == 4
    assert len(after.workers) == 4
    assert not {worker.id for worker in after.workers} & set(old)


def test_a_surge_that_is_always_busy_turns_nothing_back(start_processes):
    """Everything is changed and healthy then; only the extra worker has a request that does not end."""
    pool = start_processes(workers=2)
    strategy = replace(IMPATIENT, surge=1, max_unavailable=0)

    def occupy():
        for _ in range(3):
            pool.execute(4000)
        wait_until(lambda: pool.ask("GET", "/control/pool")[1]["statistics"]["busy"] == 3)

    watching = Watching(occupy, stage=Stage.DONE, place=2)
    with pool.open() as driver:
        with pytest.raises(RecycleFailed, match="the surge did not end: after 1 s the worker surge-1") as caught:
            roll(driver, to=NEW, strategy=strategy, on_progress=watching)
        assert caught.value.details["checkpoint"]["turned"] == ""
        assert driver.view().serving == 3
        wait_until(lambda: driver.view().statistics.busy == 0)
        roll(driver, strategy=strategy, on_progress=Watching(), checkpoint=watching.checkpoint)
        all_run(driver, NEW, 2)
        assert driver.view().statistics.errors == 0


def test_extra_workers_of_before_are_used_and_go_in_the_end(start_processes):
    """Somebody died and left two of another release."""
    pool = start_processes(workers=2)
    with pool.open() as driver:
        driver.start("surge-1", OLD)
        driver.start("surge-7", OLD)
        wait_until(lambda: driver.view().serving == 4)
        watching = Watching()
        roll(driver, to=NEW, strategy=replace(QUICK, surge=1, max_unavailable=0), on_progress=watching)
        all_run(driver, NEW, 2)
    assert max(len(progress.view.workers) for progress in watching.seen) == 4
