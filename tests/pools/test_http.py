"""The drivers `http` and `process` beside their contract: what they can do more, and answers that are none."""

import os
import signal

import pytest

from migrations_app.engine.errors import InsufficientResources, ValidationFailed
from migrations_app.pools import fingerprint, open_pool
from migrations_app.pools.base import Capability, Health, Outcome, PoolMissing, Release
from tests.pools.process_pool import BROKEN, CRASHING, NEW, OLD
from tests.stores.sessions.place import wait_until


@pytest.fixture
def pool(start_processes):
    return start_processes(workers=2, most=3)


@pytest.fixture
def driver(pool):
    with pool.open() as driver:
        yield driver


def test_a_probe_says_what_it_can_and_runs(driver):
    probe = driver.probe()
    assert (probe.kind, probe.version, probe.release, probe.room) == ("process", OLD.version, OLD, 3)
    assert probe.capabilities == frozenset(Capability)
    assert fingerprint(probe) == {"version": OLD.version, "workers": 2}


def test_a_pool_of_two_releases_says_so(driver):
    driver.recycle("worker-1", NEW)
    assert driver.probe().problems == (
        "1 worker runs another release than 1.0.0 (1), which the pool embeddings is said to run.",
    )
    assert driver.probe().details["running"] == "1 × 1.0.0 (1), 1 × 1.1.0 (2)"


def test_a_worker_runs_what_it_is_told_and_twice_is_once(pool, driver):
    assert driver.recycle("worker-1", NEW) is Outcome.ACCEPTED
    assert driver.view().worker("worker-1").release == NEW
    assert driver.recycle("worker-1", NEW) is Outcome.ACCEPTED
    wait_until(lambda: driver.view().serving == 2)
    assert pool.ask("GET", "/control/workers/worker-1")[1]["restarts"] == 1


def test_by_force_a_busy_worker_is_stopped(pool, driver):
    pool.execute(5000)
    pool.execute(5000)
    wait_until(lambda: driver.view().statistics.busy == 2)
    assert driver.recycle("worker-1", NEW) is Outcome.BUSY
    assert driver.recycle("worker-1", NEW, force=True) is Outcome.ACCEPTED
    wait_until(lambda: driver.view().statistics.errors == 1)
    assert driver.view().worker("worker-2").requests == 1


def test_an_extra_worker_is_started_once_counted_apart_and_retired(pool, driver):
    for _ in range(2):
        driver.start("surge-1", NEW)
    wait_until(lambda: driver.view().serving == 3)
    extra = driver.view().worker("surge-1")
    assert (extra.extra, extra.release, driver.view().size) == (True, NEW, 2)
    with pytest.raises(InsufficientResources, match="room for 3 workers"):
        driver.start("surge-2", NEW)
    assert driver.retire("surge-1") is Outcome.ACCEPTED
    wait_until(lambda: driver.view().worker("surge-1") is None)
    assert driver.retire("surge-1") is Outcome.GONE


def test_one_of_the_pools_own_is_never_retired(driver):
    with pytest.raises(ValidationFailed, match="one of the 2 that the pool should have"):
        driver.retire("worker-1")
    assert driver.view().serving == 2


def test_an_unknown_version_is_refused_with_those_that_there_are(driver):
    with pytest.raises(ValidationFailed, match=r"not installed; there are 1\.0\.0, 1\.1\.0") as caught:
        driver.recycle("worker-1", Release("9.9.9", "1"))
    assert [problem.field for problem in caught.value.problems] == ["parameters.version"]
    assert driver.view().serving == 2


def test_health_tells_the_truth_of_a_worker_that_does_not_come_up(pool, driver):
    driver.recycle("worker-1", BROKEN)
    assert driver.health("worker-1") is not Health.HEALTHY  # the old process may live still
    wait_until(lambda: pool.ask("GET", "/control/workers/worker-1")[1]["state"] == "failing")
    assert driver.health("worker-1") is Health.FAILING
    assert (driver.view().serving, driver.view().worker("worker-1").ready) == (1, False)
    driver.recycle("worker-2", CRASHING)
    wait_until(lambda: pool.ask("GET", "/control/workers/worker-2")[1]["state"] == "failed")
    assert driver.health("worker-2") is Health.FAILING
    status, told = pool.ask("GET", "/front/healthz")
    assert (status, told["status"], told["serving"]) == (503, "down", 0)
    driver.recycle("worker-2", OLD)
    wait_until(lambda: driver.view().worker("worker-2").serves)


@pytest.mark.faults
def test_a_worker_that_dies_comes_back_as_it_was(pool, driver):
    driver.recycle("worker-1", NEW)
    wait_until(lambda: driver.view().serving == 2)
    pool.kill_worker("worker-1")
    wait_until(lambda: driver.view().serving == 1)
    wait_until(lambda: driver.view().serving == 2)
    assert driver.view().worker("worker-1").release == NEW


@pytest.mark.faults
def test_a_worker_that_stands_still_gets_no_requests_and_says_so(pool, driver):
    worker = pool.pid_of("worker-1")
    os.kill(worker, signal.SIGSTOP)
    try:
        wait_until(lambda: driver.view().serving == 1)
        assert driver.health("worker-1") is Health.SILENT
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: driver.view().serving == 2)


@pytest.mark.faults
def test_a_supervisor_that_is_started_again_brings_up_what_ran(pool, driver):
    identity = driver.probe().identity
    driver.recycle("worker-1", NEW)
    driver.start("surge-1", NEW)
    driver.adopt(NEW)
    pool.kill()
    pool.workers = 3  # to wait for
    pool.start()
    probe = driver.probe()
    assert probe.identity != identity
    assert probe.release == NEW
    releases = {worker.id: (worker.release, worker.extra) for worker in probe.view.workers}
    assert releases == {"surge-1": (NEW, True), "worker-1": (NEW, False), "worker-2": (OLD, False)}


def test_the_socket_is_its_owners(pool):
    assert (pool.directory / "control.sock").stat().st_mode & 0o777 == 0o600


def test_another_token_is_a_problem_of_the_token(pool):
    with open_pool(pool.http_config, {"password": "wrong"}) as driver, pytest.raises(ValidationFailed) as caught:
        driver.view()
    assert [problem.field for problem in caught.value.problems] == ["secrets.password"]
    assert "wrong" not in caught.value.message


def test_what_is_no_pool_says_what_was_expected(pool):
    config = {**pool.http_config, "url": pool._addresses()["front"]}
    with open_pool(config, pool.secrets) as driver, pytest.raises(PoolMissing, match="no worker pool") as caught:
        driver.probe()
    assert [problem.field for problem in caught.value.problems] == ["config.url"]


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("http://127.0.0.1:1", "t", False),
        ("http://localhost:1", "t", False),
        ("http://[::1]:1", "t", False),
        ("https://pool.example", "t", False),
        ("http://pool.example:1", "t", True),
        ("http://10.0.0.5:1", "t", True),
        ("http://10.0.0.5:1", "", False),
    ],
)
def test_a_token_in_the_open_is_said(url, token, said):
    driver = open_pool({"driver": "http", "url": url}, {"password": token})
    assert bool(driver._warning) is said
