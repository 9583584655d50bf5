"""Turning back, going on, and whoever dies meanwhile: a roll of real processes from one release to another."""

import json
import threading
import time
from dataclasses import replace

import pytest

from migrations_app.engine.errors import RollbackFailed
from migrations_app.pools.base import RecycleFailed, Release, RollStopped
from migrations_app.pools.roll_report import Checkpoint, Stage
from migrations_app.pools.rolling import roll, roll_back
from tests.pools.process_pool import BROKEN, NEW, OLD
from tests.pools.rollers import IMPATIENT, QUICK, Losing, all_run, checkpoint_in, die_at, releases
from tests.pools.test_rolling import StopHere, Watching, stop


def test_without_going_back_it_ends_where_it_is_and_can_be_brought_back(start_processes):
    pool = start_processes(workers=3)
    strategy = replace(IMPATIENT, roll_back=False)
    with pool.open() as driver:
        with pytest.raises(RecycleFailed, match="worker-1 is failing") as caught:
            roll(driver, to=BROKEN, strategy=strategy, on_progress=Watching())
        assert releases(driver)[0] == (BROKEN, False)
        point = Checkpoint.from_dict(json.loads(json.dumps(caught.value.details["checkpoint"])))
        report = roll_back(driver, checkpoint=point, strategy=strategy, on_progress=Watching())
        all_run(driver, OLD, 3)
        assert [one.worker for one in report.recycled] == ["worker-1"]
        again = roll_back(driver, checkpoint=point, strategy=strategy, on_progress=Watching())
        assert (again.recycled, again.left) == ((), ())


def test_a_finished_roll_is_brought_back_with_its_surge(start_processes):
    pool = start_processes(workers=3)
    strategy = replace(QUICK, surge=1, max_unavailable=0)
    watching, since = Watching(), time.time()
    with pool.open() as driver, pool.load(callers=2) as load:
        roll(driver, to=NEW, strategy=strategy, on_progress=watching)
        all_run(driver, NEW, 3)
        roll_back(driver, checkpoint=watching.checkpoint, strategy=strategy, on_progress=Watching())
        all_run(driver, OLD, 3)
    assert load.failed == []
    assert min(pool.served(since=since)) == 3


def test_when_what_ran_before_does_not_come_up_either_a_person_is_needed(start_processes):
    pool = start_processes(workers=2)

    def spoil():
        pool.settings["versions"][OLD.version] = {"healthy": False}
        pool._prepare()

    strategy = replace(IMPATIENT, limits=replace(IMPATIENT.limits, way_back_seconds=1))
    with pool.open() as driver, pytest.raises(RollbackFailed, match=r"Going back to 1\.0\.0") as caught:
        roll(driver, to=BROKEN, strategy=strategy, on_progress=Watching(spoil, stage=Stage.REPLACEMENT))
    assert caught.value.details["checkpoint"]["turned"]
    assert caught.value.manual_intervention_required


def test_what_ran_before_gets_longer_to_start_than_what_was_tried(start_processes):
    pool = start_processes(workers=2)

    def slow():
        pool.settings["versions"][OLD.version] = {"starting_ms": 2_500}
        pool._prepare()

    strategy = replace(IMPATIENT, limits=replace(IMPATIENT.limits, replacement_seconds=1))
    with pool.open() as driver, pytest.raises(RollStopped, match=r"runs 1\.0\.0"):
        roll(driver, to=BROKEN, strategy=strategy, on_progress=Watching(slow, stage=Stage.REPLACEMENT))
    with pool.open() as driver:
        all_run(driver, OLD, 2)


@pytest.mark.faults
@pytest.mark.parametrize("stage", [Stage.SURGE, Stage.IDLE, Stage.REPLACEMENT, Stage.SURPLUS])
def test_a_supervisor_that_is_started_again_in_the_middle_is_waited_for(start_processes, stage):
    pool = start_processes(workers=3)

    def restart():
        pool.kill()
        pool.workers = 0  # the roll goes on as soon as it is answered: how many serve then is up to it
        pool.start()

    away = threading.Thread(target=restart)
    place = {Stage.SURGE: 0, Stage.SURPLUS: 3}.get(stage, 1)
    with pool.open() as driver:
        strategy = replace(QUICK, surge=1, max_unavailable=0)
        roll(driver, to=NEW, strategy=strategy, on_progress=Watching(away.start, stage=stage, place=place))
        away.join()
        all_run(driver, NEW, 3)


def test_a_pool_that_stays_away_is_left_as_it_is_and_gone_on_with(start_processes):
    pool = start_processes(workers=3)
    watching = Watching(pool.kill, stage=Stage.IDLE, place=1)
    with pool.open() as driver:
        with pytest.raises(RecycleFailed, match="does not answer") as caught:
            roll(driver, to=NEW, strategy=IMPATIENT, on_progress=watching)
        assert caught.value.details["checkpoint"]["turned"] == ""
        pool.start()
        roll(driver, strategy=QUICK, on_progress=Watching(), checkpoint=watching.checkpoint)
        all_run(driver, NEW, 3)


def test_every_answer_that_is_lost_is_found_out(start_processes):
    pool = start_processes(workers=2)
    with pool.open() as driver, pool.load(callers=1) as load:
        losing = Losing(driver)
        report = roll(losing, to=NEW, strategy=replace(QUICK, surge=1), on_progress=Watching())
        all_run(driver, NEW, 2)
    assert sorted(losing.lost) == ["adopt", "hold", "recycle", "retire", "start"]
    assert (load.failed, len(report.recycled), report.unguarded) == ([], 2, 0)


@pytest.mark.parametrize("stage", [Stage.SURGE, Stage.SPARE, Stage.IDLE, Stage.REPLACEMENT, Stage.DONE])
def test_whenever_it_is_stopped_the_pool_serves_and_another_goes_on(start_processes, stage):
    pool = start_processes(workers=3)
    strategy = replace(QUICK, surge=1, max_unavailable=0)
    place = 0 if stage is Stage.SURGE else 1
    watching = Watching(stop, stage=stage, place=place)
    with pool.open() as driver, pool.load(callers=2) as load:
        with pytest.raises(StopHere):
            roll(driver, to=NEW, strategy=strategy, on_progress=watching)
        assert driver.view().serving >= 3
        assert not [worker for worker in driver.view().workers if worker.held]
        roll(driver, strategy=strategy, on_progress=Watching(), checkpoint=watching.checkpoint)
        all_run(driver, NEW, 3)
    assert load.failed == []


def test_the_way_back_is_gone_on_with_too(start_processes):
    pool = start_processes(workers=3)
    watching = Watching(stop, stage=Stage.TURNED)
    with pool.open() as driver:
        with pytest.raises(StopHere):
            roll(driver, to=BROKEN, strategy=IMPATIENT, on_progress=watching)
        with pytest.raises(RollStopped, match="worker-1 is failing"):
            roll(driver, strategy=IMPATIENT, on_progress=Watching(), checkpoint=watching.checkpoint)
        all_run(driver, OLD, 3)


@pytest.mark.faults
def test_killed_before_any_call_the_pool_serves_and_another_goes_on(start_processes, tmp_path):
    """One pool, rolled again and again; each time the roller dies one call later, until it gets through."""
    pool = start_processes(workers=2, most=3)
    strategy = replace(QUICK, surge=1, max_unavailable=0)
    deaths = 0
    with pool.open() as driver, pool.load(callers=1) as load:
        for call in range(1, 60):
            kept, to = tmp_path / f"{call}.json", Release(NEW.version, f"generation-{call}")
            ended = die_at(call, config=pool.config, to=to, strategy=strategy, kept=kept)
            assert driver.view().serving >= 2
            roll(driver, to=to, strategy=strategy, on_progress=Watching(), checkpoint=checkpoint_in(kept))
            all_run(driver, to, 2)
            if ended == 0:
                break
            assert ended == -9
            deaths += 1
    assert ended == 0
    assert deaths >= 8  # start, twice hold and recycle, hold and retire, adopt
    assert load.failed == []


def test_new_settings_of_the_same_version_are_a_release_too(start_processes):
    pool = start_processes(workers=2)
    again = Release(OLD.version, "sha256:2f1c")
    with pool.open() as driver:
        roll(driver, to=again, strategy=QUICK, on_progress=Watching())
        all_run(driver, again, 2)
        assert roll(driver, to=again, strategy=QUICK, on_progress=Watching()).recycled == ()
    workers = pool.ask("GET", "/control/pool")[1]["workers"]
    assert [worker["restarts"] for worker in workers] == [1, 1]
    status, answer = pool.ask("POST", "/front/work", {"text": "a"})
    assert (status, answer["generation"]) == (200, "sha256:2f1c")
