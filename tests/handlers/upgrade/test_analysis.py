import pytest

from migrations_app.handlers.upgrade.analysis import analyse
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def test_the_same_files_are_the_same_generation_whoever_plans_them(looked_at: Upgrade) -> None:
    release = analyse(looked_at.spec).target_state["pool"]["release"]
    looked_at.begin().finish()
    looked_at.parameters = {"from_version": "0.13"}

    again = analyse(looked_at.spec)

    assert again.target_state["pool"]["release"] == release
    assert again.target_state["pool"]["waves"] == []


def test_code_is_counted_by_what_it_means(looked_at: Upgrade) -> None:
    looked_at.lay({"a.ex": b"{:error, :worker_busy} = Snakepit.execute(a, b)\nSnakepit.HealthMonitor.x()\n"})

    sources = analyse(looked_at.spec).target_state["sources"]

    assert sources["counts"] == {"breaks": 1, "deprecated": 1}
    assert sources["files"] == 3  # with the two of before


def test_files_that_cannot_be_read_end_the_look_there(looked_at: Upgrade) -> None:
    (looked_at.place / "config" / "config.exs").unlink()

    state = analyse(looked_at.spec).target_state

    assert state["error"]["code"] == "validation_failed"
    assert "pool" not in state
