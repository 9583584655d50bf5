"""What every driver of worker pools does, over a pool with three idle workers."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.pools import PoolDriver, fingerprint
from migrations_app.pools.base import Health, Outcome, PoolIsReadOnly
from tests.stores.sessions.place import wait_until

WORKERS = 3
Changed = Callable[[str], bool]


class PoolPlace(ABC):
    """A pool of three workers, how it is opened, and what happens to it past the driver."""

    @abstractmethod
    def open(self, *, read_only: bool = False) -> PoolDriver: ...

    @abstractmethod
    def recycle(self, driver: PoolDriver, worker: str) -> Outcome:
        """Another process in its place: in another release, where the pool knows them."""

    @abstractmethod
    def execute(self, ms: int) -> None:
        """A request that takes so long; nobody waits for its end."""

    @abstractmethod
    def kill(self) -> None:
        """The whole pool is gone."""


class PoolContract:
    @pytest.fixture
    def place(self) -> PoolPlace:
        raise NotImplementedError

    @pytest.fixture
    def driver(self, place):
        with place.open() as driver:
            wait_until(lambda: driver.view().serving == WORKERS)
            yield driver

    def test_a_view_has_every_worker(self, driver):
        view = driver.view()
        assert (len(view.workers), view.serving, view.size, view.ghosts) == (WORKERS, WORKERS, WORKERS, ())
        assert [(worker.ready, worker.held, worker.requests) for worker in view.workers] == [(True, False, 0)] * WORKERS
        counts = view.statistics
        assert (counts.workers, counts.available, counts.busy, counts.queued) == (WORKERS, WORKERS, 0, 0)

    def test_a_probe_knows_the_pool_again(self, driver):
        probe = driver.probe()
        assert (probe.problems, probe.holds) == ((), True)
        assert probe.identity == driver.probe().identity
        assert probe.version
        assert fingerprint(probe) == {"version": probe.version, "workers": WORKERS}

    def test_requests_are_seen_with_their_workers(self, place, driver):
        for _ in range(WORKERS + 1):
            place.execute(4000)
        wait_until(lambda: driver.view().statistics.queued == 1)
        view = driver.view()
        assert [worker.requests for worker in view.workers] == [1] * WORKERS
        assert (view.statistics.busy, view.statistics.available, view.statistics.requests) == (3, 0, WORKERS + 1)

    def test_a_held_worker_gets_no_request_until_it_is_released(self, place, driver):
        first = driver.view().workers[0].id
        assert driver.hold(first, 60)
        assert driver.view().worker(first).held
        assert driver.view().serving == WORKERS - 1
        for _ in range(WORKERS):
            place.execute(1000)
        wait_until(lambda: driver.view().statistics.queued == 1)
        assert driver.view().worker(first).requests == 0
        driver.release(first)
        place.execute(1000)  # a node looks at its queue when something happens
        wait_until(lambda: driver.view().worker(first).requests == 1)

    def test_a_held_worker_finishes_what_it_has(self, place, driver):
        place.execute(1000)
        wait_until(lambda: driver.view().statistics.busy == 1)
        (busy,) = [worker.id for worker in driver.view().workers if worker.requests]
        driver.hold(busy, 60)
        assert driver.view().worker(busy).requests == 1
        wait_until(lambda: driver.view().worker(busy).requests == 0)
        assert driver.view().statistics.errors == 0

    def test_a_hold_that_nobody_renews_ends_by_itself(self, driver):
        first = driver.view().workers[0].id
        driver.hold(first, 1)
        assert driver.view().worker(first).held
        wait_until(lambda: not driver.view().worker(first).held)

    def test_to_release_one_that_is_not_held_is_no_error(self, driver):
        driver.release(driver.view().workers[0].id)
        driver.release("nobody")

    def test_health_is_the_workers_own(self, driver):
        assert driver.health(driver.view().workers[0].id) is Health.HEALTHY
        assert driver.health("nobody") is Health.GONE

    def test_another_process_takes_the_place(self, place, driver):
        before = {(worker.id, worker.release) for worker in driver.view().workers}
        first = driver.view().workers[0]
        assert place.recycle(driver, first.id) is Outcome.ACCEPTED
        wait_until(lambda: driver.view().serving == WORKERS and len(driver.view().workers) == WORKERS)
        after = {(worker.id, worker.release) for worker in driver.view().workers}
        assert before - after == {(first.id, first.release)}

    def test_a_busy_worker_is_left_alone(self, place, driver):
        for _ in range(WORKERS):
            place.execute(2500)
        wait_until(lambda: driver.view().statistics.busy == WORKERS)
        first = driver.view().workers[0]
        assert place.recycle(driver, first.id) is Outcome.BUSY
        assert driver.view().worker(first.id).requests == 1
        wait_until(lambda: driver.view().statistics.busy == 0)
        assert driver.view().worker(first.id).release == first.release
        assert driver.view().statistics.errors == 0

    def test_nobody_cannot_be_recycled(self, place, driver):
        assert place.recycle(driver, "nobody") is Outcome.GONE
        assert driver.view().serving == WORKERS

    def test_who_looks_only_changes_nothing(self, place, driver):
        before = driver.view().workers
        name = before[0].id
        with place.open(read_only=True) as looking:
            assert looking.probe().view.serving == WORKERS
            assert looking.health(name) is Health.HEALTHY
            for change in (
                lambda: place.recycle(looking, name),
                lambda: looking.retire(name),
                lambda: looking.release(name),
                lambda: looking.hold(name, 1),
            ):
                with pytest.raises(PoolIsReadOnly):
                    change()
        assert driver.view().workers == before

    @pytest.mark.faults
    def test_a_pool_that_goes_away_is_unavailable(self, place, driver):
        name = driver.view().workers[0].id
        place.kill()
        for ask in (driver.view, driver.probe, lambda: driver.health(name), lambda: driver.hold(name, 1)):
            with pytest.raises(DependencyUnavailable):
                ask()
