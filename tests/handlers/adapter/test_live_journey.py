"""Without downtime: recorded calls compared right before the switch, and workers restarted in waves under load."""

from collections.abc import Iterator

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.adapter.live import OLD, LiveShop, live_shop
from tests.handlers.adapter.places import finished

pytestmark = pytest.mark.servers


@pytest.fixture
def live() -> Iterator[LiveShop]:
    with live_shop() as shop:
        yield shop


def test_there_and_back_under_load(live: LiveShop) -> None:
    before = live.tree()
    run = live.begin()
    with live.workers.load(callers=2) as load:
        view = finished(run)

        assert live.generations == {view.results["confirm"]["generation"]} != {OLD.generation}
        assert view.results["samples"]["samples"]["tools"] == {"area": 5, "root": 5}
        assert view.results["roll"]["least"] >= view.results["roll"]["minimum"] == 3

        finished(live.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)
    assert load.failed == []
    assert load.done > 0

    assert live.tree() == before
    assert live.generations == {OLD.generation}


def test_the_package_goes_only_when_no_worker_runs_on_it_any_more(live: LiveShop) -> None:
    run = live.begin()
    finished(run)
    back = live.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run)
    with armed("upgrade.roll.wave:1:raise"), pytest.raises(Crash):
        back.finish()

    assert len(live.generations) == 2
    assert (live.root / "generic_adapter/tools.json").exists()
    assert b"GenericAdapter" not in (live.root / "client/room.py").read_bytes()

    finished(back, RunState.ROLLED_BACK)
    assert not (live.root / "generic_adapter").exists()


def test_a_pool_that_is_not_whole_is_not_begun_with(live: LiveShop) -> None:
    before = live.tree()
    run = live.begin()
    with live.workers.open() as pool:
        pool.hold("worker-1", 600)

    view = finished(run, RunState.ROLLED_BACK)

    assert "No call and no worker was changed" in view.step("note_release").error["message"]
    assert live.tree() == before


def test_a_worker_that_is_out_in_the_end_takes_all_of_it_back(live: LiveShop) -> None:
    before = live.tree()
    run = live.begin()

    def take_out(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "confirm", False):
            with live.workers.open() as pool:
                pool.hold("worker-2", 600)

    run.handler = InterposedHandler(live.handler, take_out, [step.id for step in run.plan.steps])

    view = finished(run, RunState.ROLLED_BACK)

    assert "2 of 3 serve" in view.step("confirm").error["message"]
    assert live.tree() == before
    assert live.generations == {OLD.generation}
