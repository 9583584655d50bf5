"""Rolling a pool of real processes from one release to another, under load."""

import json
import time
from dataclasses import replace

import pytest

from migrations_app.pools.base import RollStopped
from migrations_app.pools.roll_report import End, Stage
from migrations_app.pools.rolling import roll
from migrations_app.pools.strategy import plan_roll
from tests.pools.process_pool import BROKEN, CRASHING, NEW, OLD
from tests.pools.rollers import IMPATIENT, QUICK, all_run
from tests.pools.test_rolling import Watching
from tests.stores.sessions.place import wait_until


@pytest.mark.parametrize(
    ("surge", "unavailable", "waves"),
    [(0, 1, 8), (0, 3, 3), (1, 0, 8), (2, 1, 3), (3, 0, 3)],
)
def test_under_load_no_request_fails_and_never_fewer_serve_than_stated(start_processes, surge, unavailable, waves):
    pool = start_processes()
    strategy = replace(QUICK, surge=surge, max_unavailable=unavailable, healthy_answers=2)
    watching, since = Watching(), time.time()
    with pool.open() as driver:
        plan = plan_roll(driver, to=NEW, strategy=strategy)
        with pool.load(callers=4) as load:
            wait_until(lambda: load.done > 20)
            report = roll(driver, to=NEW, strategy=strategy, on_progress=watching)
            wait_until(lambda: load.served[NEW.version] > 20)
        all_run(driver, NEW, 8)

    assert load.failed == []
    assert set(load.served) == {OLD.version, NEW.version}
    served = pool.served(since=since)
    assert min(served) >= plan.minimum == 8 - unavailable
    assert max(served) <= 8 + surge
    assert (len(report.recycled), report.left, report.unguarded, report.cut) == (8, (), 0, 0)
    assert {one.end for one in report.recycled} == {End.RECYCLED}
    counts = [progress.checkpoint.recycled for progress in watching.seen if progress.stage is Stage.DONE]
    assert len(set(counts)) - 1 == waves == len(plan.waves)


@pytest.mark.parametrize("broken", [BROKEN, CRASHING])
@pytest.mark.parametrize(("surge", "unavailable"), [(0, 2), (1, 0)])
def test_a_release_that_never_gets_healthy_stops_the_roll_and_what_was_is_back(
    start_processes, broken, surge, unavailable
):
    pool = start_processes(workers=5)
    strategy = replace(IMPATIENT, surge=surge, max_unavailable=unavailable)
    since = time.time()
    with pool.open() as driver, pool.load(callers=2) as load:
        with pytest.raises(RollStopped, match=r"runs 1\.0\.0 \(1\) again") as caught:
            roll(driver, to=broken, strategy=strategy, on_progress=Watching())
        all_run(driver, OLD, 5)
    assert load.failed == []
    assert set(load.served) == {OLD.version}
    assert min(pool.served(since=since)) >= 5 - unavailable
    assert caught.value.details["left"] == []
    json.dumps(caught.value.as_dict())


def test_one_that_fails_late_brings_back_those_before_in_waves(start_processes):
    """The new version comes up on the first workers only: its settings change meanwhile."""
    pool = start_processes(workers=6)

    def spoil():
        pool.settings["versions"][NEW.version] = {"healthy": False}
        pool._prepare()

    watching, since = Watching(spoil, stage=Stage.DONE, place=4), time.time()
    with pool.open() as driver, pool.load(callers=2) as load:
        strategy = replace(IMPATIENT, max_unavailable=2)
        with pytest.raises(RollStopped, match="is failing"):
            roll(driver, to=NEW, strategy=strategy, on_progress=watching)
        all_run(driver, OLD, 6)
    assert load.failed == []
    assert min(pool.served(since=since)) >= 4
    back = [progress.worker for progress in watching.seen if progress.checkpoint.turned and progress.worker]
    assert list(dict.fromkeys(back)) == ["worker-5, worker-6", "worker-1, worker-2", "worker-3, worker-4"]


@pytest.mark.parametrize("refill_ms", [0, 100])
def test_a_nodes_workers_are_recycled_in_waves_too(start_pool, refill_ms):
    pool = start_pool(workers=6, starting=30, stopping=10, refill_ms=refill_ms)
    old = pool.names()
    pool.load(callers=2, most_ms=10)
    with pool.open() as driver:
        strategy = replace(QUICK, max_unavailable=2)
        assert plan_roll(driver, to=None, strategy=strategy).waves == (
            tuple(old[:2]),
            tuple(old[2:4]),
            tuple(old[4:]),
        )
        report = roll(driver, strategy=strategy, on_progress=Watching())
        _, failed, seen = pool.unload()
        after = driver.view()
    assert failed == []
    assert min(seen) >= 4
    assert max(seen) <= 8
    assert [one.worker for one in report.recycled] == old
    assert (len(after.workers), after.serving, report.unguarded) == (6, 6, 0)
    assert not {worker.id for worker in after.workers} & set(old)


@pytest.mark.parametrize(("surge", "unavailable"), [(1, 0), (0, 1)])
def test_a_worker_that_somebody_else_holds_is_changed_first(start_processes, surge, unavailable):
    """It serves nobody, so it costs nothing; and the others cannot be spared before it is back."""
    pool = start_processes(workers=3)
    with pool.open() as driver:
        driver.hold("worker-2", 600)
        strategy = replace(QUICK, surge=surge, max_unavailable=unavailable)

        report = roll(driver, to=NEW, strategy=strategy, on_progress=Watching())

        assert [one.worker for one in report.recycled] == ["worker-2", "worker-1", "worker-3"]
        all_run(driver, NEW, 3)
