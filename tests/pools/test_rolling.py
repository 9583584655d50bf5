"""Recycling worker by worker, against a node that answers as Snakepit 0.13 does."""

import json

import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.pools.base import Outcome, PoolTooSmall, RecycleFailed
from migrations_app.pools.roll_report import Checkpoint, End, Stage
from migrations_app.pools.rolling import roll
from migrations_app.pools.strategy import Limits, Strategy
from tests.pools.conftest import started_on
from tests.stores.sessions.place import wait_until

QUICK = Strategy(limits=Limits(poll_seconds=0.01))
IMPATIENT = Strategy(limits=Limits(spare_seconds=1, idle_seconds=1, replacement_seconds=1, poll_seconds=0.01))
FORGET_TAINTS = """
Name = 'Elixir.Snakepit.Worker.TaintRegistry',
{ok, Name, Beam} = compile:forms([{attribute, 1, module, Name}, {attribute, 1, export, [{'worker_tainted?', 1}]},
    {function, 1, 'worker_tainted?', 1, [{clause, 1, [{var, 1, '_'}], [], [{atom, 1, false}]}]}]),
code:purge(Name), {module, Name} = code:load_binary(Name, "older", Beam), ok
"""


class StopHere(BaseException):
    """As an interruption of the engine: a person cancelled, or the slice is over."""


class Watching:
    """Remembers what was reported, and does something the first time a stage is reached for the worker at a place."""

    def __init__(self, then=None, *, stage=None, place=0):
        self.seen = []
        self._then, self._stage, self._place = then, stage, place

    def __call__(self, progress):
        self.seen.append(progress)
        if self._then and progress.stage is self._stage and progress.checkpoint.recycled == self._place:
            then, self._then = self._then, None
            then()

    @property
    def checkpoint(self):
        """As it comes back from where it was kept."""
        return Checkpoint.from_dict(json.loads(json.dumps(self.seen[-1].checkpoint.as_dict())))


def stop():
    raise StopHere


def test_eight_workers_under_load_never_fewer_than_seven_and_no_failed_request(start_pool):
    pool = start_pool(starting=60, stopping=30)
    old = pool.names()
    pool.load(callers=6, most_ms=10)

    watching = Watching()
    with pool.open() as driver:
        report = roll(driver, strategy=QUICK, on_progress=watching)
        done, failed, seen = pool.unload()
        after = driver.view()

    assert [one.worker for one in report.recycled] == old
    assert {(one.end, one.guarded) for one in report.recycled} == {(End.RECYCLED, True)}
    assert (report.left, report.unguarded) == ((), 0)
    assert failed == []
    assert done > 100
    assert (min(seen), max(seen)) == (7, 8)
    assert sum(seen.values()) > 100
    assert not {worker.id for worker in after.workers} & set(old)
    assert (after.serving, after.statistics.workers, after.ghosts) == (8, 8, ())
    assert [progress.checkpoint.recycled for progress in watching.seen if progress.stage is Stage.DONE] == [*range(9)]


@pytest.fixture
def older_pool(disposable_node):
    """Snakepit before 0.7.4: nothing keeps new requests from a worker."""
    pool = started_on(disposable_node, pools={"default": 3}, refill_ms=0, starting=30, stopping=30)
    disposable_node.evaluate(FORGET_TAINTS)
    return pool


def test_where_a_worker_cannot_be_held_the_risk_is_counted(older_pool):
    with older_pool.open() as driver:
        assert not driver.probe().holds
        report = roll(driver, strategy=QUICK, on_progress=Watching())
        assert driver.view().serving == 3
    assert (len(report.recycled), report.unguarded) == (3, 3)
    assert not any(one.guarded for one in report.recycled)


def test_where_a_worker_cannot_be_held_one_that_is_always_busy_is_left_alone(older_pool):
    before = older_pool.names()
    older_pool.load(callers=2, most_ms=20)
    with older_pool.open() as driver, pytest.raises(RecycleFailed, match="no means to keep new ones from it"):
        roll(driver, strategy=IMPATIENT, on_progress=Watching())
    _, failed, seen = older_pool.unload()
    assert failed == []
    assert set(seen) == {3}
    assert older_pool.names() == before


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_a_replacement_that_never_comes_ends_it_with_what_was_done_and_left(start_pool, how):
    pool = start_pool(workers=3)
    old = pool.names()
    watching = Watching(lambda: pool.set("starting", Atom(how)), stage=Stage.IDLE, place=1)
    with pool.open() as driver:
        with pytest.raises(
            RecycleFailed, match=r"the pool has 2 of 3 workers\. 1 were recycled, 2 were left"
        ) as caught:
            roll(driver, strategy=IMPATIENT, on_progress=watching)
        assert driver.view().worker(old[2]).serves
    assert (caught.value.details["done"], caught.value.details["left"]) == ([old[0]], old[1:])
    assert Checkpoint.from_dict(caught.value.details["checkpoint"]) == Checkpoint(3, tuple(old[1:]), 1)


def test_it_goes_on_when_what_kept_the_replacement_away_is_mended(start_pool):
    pool = start_pool(workers=3, refill_ms=50)
    old = pool.names()
    watching = Watching(lambda: pool.set("starting", Atom("refuse")), stage=Stage.IDLE, place=1)
    with pool.open() as driver:
        with pytest.raises(RecycleFailed):
            roll(driver, strategy=IMPATIENT, on_progress=watching)
        pool.set("starting", 20)
        report = roll(driver, strategy=QUICK, on_progress=Watching(), checkpoint=watching.checkpoint)
        after = driver.view()

    assert [(one.worker, one.end) for one in report.recycled] == [(old[1], End.ALREADY_GONE), (old[2], End.RECYCLED)]
    assert after.serving == len(after.workers) == 3
    assert not {worker.id for worker in after.workers} & set(old)


def test_a_replacement_that_is_not_healthy_ends_it(start_pool):
    pool = start_pool(workers=2)
    pool.set("health", (Atom("error"), b"no connection"))
    with pool.open() as driver, pytest.raises(RecycleFailed, match=r"pool_worker_\d+ is failing"):
        roll(driver, strategy=IMPATIENT, on_progress=Watching())


def test_a_node_that_goes_away_ends_it_and_a_new_one_needs_no_recycling(disposable_node):
    pool = started_on(disposable_node, pools={"default": 3}, refill_ms=0)
    old = pool.names()
    watching = Watching(disposable_node.kill, stage=Stage.IDLE, place=1)
    with pool.open() as driver:
        with pytest.raises(RecycleFailed, match=r"1 were recycled, 2 were left") as caught:
            roll(driver, strategy=IMPATIENT, on_progress=watching)
        assert caught.value.details["left"] == old[1:]

        disposable_node.start()
        node_again = pool.node.start_pool(server=pool.config["server"], pools={"default": 3}, refill_ms=0)
        assert node_again == pool.config
        # The counter that makes names begins again with the node; the fixture's would be the same.
        gone = Checkpoint(3, tuple(f"{name}_of_before" for name in watching.checkpoint.waiting), 1)
        report = roll(driver, strategy=QUICK, on_progress=Watching(), checkpoint=gone)
    assert {one.end for one in report.recycled} == {End.ALREADY_GONE}


def test_an_answer_that_was_lost_is_found_out(disposable_node):
    pool = started_on(disposable_node, pools={"default": 2}, refill_ms=0)
    with pool.open() as driver:
        lost = Losing(driver)
        report = roll(lost, strategy=QUICK, on_progress=Watching())
    assert lost.lost == 1
    assert {one.end for one in report.recycled} == {End.RECYCLED}


class Losing:
    """Hangs up on the node behind the first recycling, before its answer is there."""

    def __init__(self, driver):
        self._driver, self.lost = driver, 0

    def __getattr__(self, name):
        return getattr(self._driver, name)

    def recycle(self, worker):
        outcome = self._driver.recycle(worker)
        if not self.lost:
            self.lost += 1
            self._driver.close()
            raise DependencyUnavailable("The answer was lost.")
        return outcome


def test_a_worker_that_is_gone_meanwhile_is_named(start_pool):
    pool = start_pool(workers=3)
    old = pool.names()
    watching = Watching(lambda: pool.recycle_past_us(old[2]), stage=Stage.IDLE, place=1)
    with pool.open() as driver:
        report = roll(driver, strategy=QUICK, on_progress=watching)
        assert driver.view().serving == 3
    assert [one.end for one in report.recycled] == [End.RECYCLED, End.RECYCLED, End.ALREADY_GONE]


@pytest.mark.parametrize("stage", [Stage.SPARE, Stage.IDLE, Stage.REPLACEMENT, Stage.SURPLUS, Stage.DONE])
def test_whenever_it_is_stopped_it_holds_nobody_and_goes_on_later(start_pool, stage):
    pool = start_pool(workers=4, starting=50, refill_ms=100)
    old = pool.names()
    pool.load(callers=2, most_ms=10)
    watching = Watching(stop, stage=stage, place=2)
    with pool.open() as driver, pytest.raises(StopHere):
        roll(driver, strategy=QUICK, on_progress=watching)
    with pool.open() as driver:
        assert not [worker for worker in driver.view().workers if worker.held and worker.id in pool.names()]
        wait_until(lambda: driver.view().serving >= 4)
        report = roll(driver, strategy=QUICK, on_progress=Watching(), checkpoint=watching.checkpoint)
        _, failed, seen = pool.unload()
        after = driver.view()

    assert failed == []
    assert min(seen) == 3
    assert watching.checkpoint.waiting == tuple(old[2:])
    assert [one.worker for one in report.recycled] == old[2:]
    assert len(after.workers) == 4
    assert not {worker.id for worker in after.workers} & set(old)


def test_what_the_report_of_progress_raises_is_never_taken_for_the_nodes(pool):
    """The database of the control plane may be the one that does not answer."""
    silent = DependencyUnavailable("The control database does not answer.")
    with pool.open() as driver:
        with pytest.raises(DependencyUnavailable) as caught:
            roll(driver, strategy=QUICK, on_progress=Watching(lambda: raise_(silent), stage=Stage.IDLE, place=1))
        assert caught.value is silent
        assert driver.view().serving == 8


def raise_(error):
    raise error


def test_a_worker_that_is_never_idle_ends_it_and_keeps_its_request(start_pool):
    pool = start_pool(workers=3)
    pool.execute(3000)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 1)
        (busy,) = [worker.id for worker in driver.view().workers if worker.requests]
        only = Checkpoint(3, (busy,))
        with pytest.raises(RecycleFailed, match=r"request\(s\) in its hands"):
            roll(driver, strategy=IMPATIENT, on_progress=Watching(), checkpoint=only)
        view = driver.view()
        assert (view.worker(busy).held, view.worker(busy).requests, view.serving) == (False, 1, 3)


def test_it_waits_until_the_pool_can_spare_one(start_pool):
    pool = start_pool(workers=2)
    for _ in range(3):
        pool.execute(300)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.queued == 1)
        watching = Watching()
        report = roll(driver, strategy=QUICK, on_progress=watching)
        assert driver.view().statistics.requests == 3
    first_held = next(progress for progress in watching.seen if progress.stage is Stage.IDLE)
    assert first_held.view.statistics.queued == 0
    assert any(not worker.requests for worker in first_held.view.workers)
    assert (len(report.recycled), report.unguarded) == (2, 0)


def test_a_pool_without_a_worker_to_spare_ends_it_untouched(start_pool):
    pool = start_pool(workers=2)
    before = pool.names()
    for _ in range(2):
        pool.execute(5000)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 2)
        with pytest.raises(RecycleFailed, match="0 workers are free beside it, not 1"):
            roll(driver, strategy=IMPATIENT, on_progress=Watching())
    assert pool.names() == before


def test_a_pool_of_one_is_refused(start_pool):
    pool = start_pool(workers=1)
    with pool.open() as driver:
        with pytest.raises(PoolTooSmall):
            roll(driver, strategy=QUICK, on_progress=Watching())
        assert driver.recycle(pool.names()[0]) is Outcome.ACCEPTED  # by itself it can be


def test_nothing_to_do_is_a_report_too(pool):
    with pool.open() as driver:
        report = roll(driver, strategy=QUICK, on_progress=Watching(), checkpoint=Checkpoint(8, (), 8))
    assert (report.recycled, report.left) == ((), ())
