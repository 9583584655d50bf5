"""Whole upgrades over files and real worker processes: there and back, one that fails, one that dies everywhere."""

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.driving import LocalRun
from tests.handlers.config.places import BEFORE
from tests.handlers.upgrade.places import Upgrade, service

pytestmark = pytest.mark.servers


def finished(run: LocalRun, state: RunState = RunState.SUCCEEDED) -> RunView:
    view = run.finish()
    assert view.state is state, view.error
    return view


def test_there_and_back(upgrade: Upgrade) -> None:
    run = upgrade.begin()
    with upgrade.pool.load(callers=2) as load:
        view = finished(run)
    assert load.failed == []
    assert load.done > 0

    assert upgrade.releases == {"0.13.0"}
    assert b"grpc_listener" in upgrade.contents["config.exs"]
    assert view.results["roll"]["recycled"] == 3
    assert view.results["roll"]["least"] >= view.results["roll"]["minimum"] == 3
    assert view.results["confirm"]["serving"] == 3

    finished(upgrade.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run), RunState.ROLLED_BACK)

    assert upgrade.contents == BEFORE
    assert upgrade.releases == {"0.8.8"}


def test_a_version_that_never_gets_healthy_is_taken_back_files_first() -> None:
    with service(**{"0.13.0": {"healthy": False}}) as upgrade:
        upgrade.parameters = {"start_seconds": 2}
        with upgrade.pool.load(callers=2) as load:
            view = finished(upgrade.begin(), RunState.ROLLED_BACK)

        assert load.failed == []
        assert view.step("roll").error["type"] == "recycle_failed"
        assert upgrade.contents == BEFORE
        assert upgrade.releases == {"0.8.8"}
        with upgrade.pool.open(read_only=True) as pool:
            assert pool.view().serving == 3


def test_a_dry_run_writes_no_file_and_restarts_nobody(upgrade: Upgrade) -> None:
    view = finished(upgrade.begin(kind=RunKind.DRY_RUN))

    assert len(view.results["roll"]["waves"]) == 3
    assert upgrade.contents == BEFORE
    assert upgrade.releases == {"0.8.8"}


@pytest.mark.parametrize("wave", [1, 2, 3])
def test_the_next_driver_goes_on_behind_a_dead_one(upgrade: Upgrade, wave: int) -> None:
    run = upgrade.begin()
    with armed(f"upgrade.roll.wave:{wave}:raise"), pytest.raises(Crash):
        run.finish()
    assert upgrade.releases == ({"0.8.8", "0.13.0"} if wave < 3 else {"0.13.0"})

    finished(run)

    assert upgrade.releases == {"0.13.0"}


def test_a_dead_driver_of_the_way_back_is_followed_by_another(upgrade: Upgrade) -> None:
    run = upgrade.begin()
    finished(run)
    back = upgrade.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run)
    with armed("upgrade.roll.wave:2:raise"), pytest.raises(Crash):
        back.finish()
    assert upgrade.contents == BEFORE

    finished(back, RunState.ROLLED_BACK)

    assert upgrade.releases == {"0.8.8"}


def test_a_pool_that_runs_it_already_has_nothing_to_do(upgrade: Upgrade) -> None:
    finished(upgrade.begin())
    upgrade.parameters = {"from_version": "0.13", "to_version": "0.13"}

    with pytest.raises(ValidationFailed) as refused:
        upgrade.plan()

    assert {problem.code for problem in refused.value.problems} <= {"no_change"}


def test_a_pool_that_is_not_whole_is_not_begun_with(upgrade: Upgrade) -> None:
    run = upgrade.begin()
    with upgrade.pool.open() as pool:
        assert pool.hold("worker-1", 600)

    view = finished(run, RunState.ROLLED_BACK)

    assert "2 of 3 workers" in view.step("note_release").error["message"]
    assert upgrade.contents == BEFORE
    assert upgrade.releases == {"0.8.8"}
