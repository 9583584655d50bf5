"""Waiting for a pool to be as it should."""

import pytest

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources
from migrations_app.pools.roll_report import Checkpoint, Stage
from migrations_app.pools.strategy import Limits
from migrations_app.pools.watch import Halted, Watch


@pytest.fixture
def pool(start_processes):
    return start_processes(workers=2)


@pytest.fixture
def said():
    return []


@pytest.fixture
def watch(pool, said):
    with pool.open() as driver:
        limits = Limits(poll_seconds=0.02, report_seconds=0.2, replacement_seconds=0.5)
        yield Watch(driver, limits, said.append, Checkpoint(2, ()), driver.view(), 2)


def test_it_comes_back_with_the_view_in_which_nothing_is_missing(watch, said):
    lacking = iter(["this", "that", ""])
    view = watch.until(5, Stage.SPARE, "worker-1", lambda _: next(lacking))
    assert view is watch.view
    assert [(progress.stage, progress.worker) for progress in said] == [(Stage.SPARE, "worker-1")]


def test_it_says_what_was_missing_in_the_end_and_speaks_meanwhile(watch, said):
    with pytest.raises(Halted, match=r"^after 0\.5 s this$") as caught:
        watch.until(0.5, Stage.IDLE, "", lambda _: "this")
    assert not caught.value.away
    assert 2 <= len(said) <= 4


def test_a_pool_that_does_not_answer_is_asked_again_and_spoken_of(watch, said, pool):
    pool.kill()
    with pytest.raises(Halted, match="does not answer") as caught:
        watch.until(0.5, Stage.IDLE, "", lambda _: "")
    assert caught.value.away
    assert said
    pool.start()
    assert watch.look().serving == 2


def test_a_change_without_an_answer_is_looked_after(watch):
    attempts = []

    def change(_):
        attempts.append(1)
        if len(attempts) < 3:
            raise DependencyUnavailable("Lost.")
        return ""

    watch.until(5, Stage.IDLE, "", change)
    assert len(attempts) == 3


def test_a_refusal_ends_it_at_once(watch):
    def refused(_):
        raise InsufficientResources("No room.")

    with pytest.raises(Halted, match=r"^No room\.$") as caught:
        watch.until(5, Stage.SURGE, "", refused)
    assert not caught.value.away


def test_it_remembers_the_fewest_that_served(watch):
    watch.driver.hold("worker-1", 60)
    watch.look()
    watch.driver.release("worker-1")
    assert watch.look().serving == 2
    assert watch.least == 1
