import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import RouteClient
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.actions import journal
from migrations_app.stores.routed.sqlite.store import RoutedSQLite
from migrations_app.testing.memory import ManualClock
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.zero_downtime.actions.stage import Stage


class Writing(Notebook):
    """Somebody writes whenever the driver says that it is alive; the clock moves on meanwhile."""

    def __init__(self, stage: Stage, times: int) -> None:
        super().__init__()
        self.stage, self.left = stage, times

    def alive(self) -> None:
        assert isinstance(self.stage.move.clock, ManualClock)
        self.stage.move.clock.advance(1)
        if self.left:
            self.left -= 1
            self.stage.write("legacy", b"%d" % self.left, plainly=True)


@pytest.fixture
def watched(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Nobody may write plainly for three seconds of a clock that the driver moves."""
    monkeypatch.setattr(journal, "POLL_SECONDS", 0.0)
    stage.move.clock = ManualClock()  # type: ignore[assignment]
    stage.move.spec.parameters["legacy_watch_ms"] = 3000  # type: ignore[index]
    return stage.before("journal")


def test_every_write_is_marked_from_here_on(stage: Stage) -> None:
    stage.move.router().ready()
    result = stage.before("journal").do("journal")

    assert stage.record.phase is RoutePhase.JOURNAL_A
    assert result == {"epoch": 2, "clients": 1, "legacy_writes": 0}
    stage.write("one", b"1")
    with stage.store("a") as a:
        assert a.marked(["one"]) == {"one"}


@pytest.mark.parametrize("point", ["session.journal.published"])
def test_it_can_be_repeated(stage: Stage, point: str) -> None:
    stage.before("journal")
    with armed(f"{point}:raise"), pytest.raises(Crash):
        stage.do("journal")

    assert stage.do("journal")["epoch"] == 2


def test_it_waits_for_a_quiet_while(watched: Stage) -> None:
    result = watched.do("journal", progress=Writing(watched, 2))

    assert result["legacy_writes"] == 2


def test_a_writer_that_does_not_stop_ends_the_step_before_anything_is_copied(watched: Stage) -> None:
    with pytest.raises(StepFailed, match=r"Somebody still writes to .* without the router") as raised:
        watched.do("journal", progress=Writing(watched, 1000))
    assert raised.value.details["legacy_writes"] > 30


def test_a_store_that_does_not_let_us_see_who_writes_ends_the_step(
    watched: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RoutedSQLite, "watches", lambda _: False)  # as a Redis user without CLIENT TRACKING
    with pytest.raises(StepFailed, match=r"does not tell which sessions change.*CLIENT TRACKING"):
        watched.do("journal", progress=Writing(watched, 0))
    assert watched.record.phase is not RoutePhase.DUAL_A


def test_clients_that_stay_behind_end_the_step(watched: Stage) -> None:
    watched.move.live.followers = lambda: [RouteClient("old", "boot", 1, 0, is_live=True)]

    with pytest.raises(StepFailed, match=r"did not acknowledge epoch 2 \(old\)"):
        watched.do("journal", progress=Writing(watched, 0))


def test_undo_makes_operations_plain_again(stage: Stage) -> None:
    stage.before("dual_write").undo("journal")

    assert stage.record.phase is RoutePhase.PLAIN_A
    with stage.store("a") as a:
        assert set(a.fences()) == {3}
    stage.undo("journal")
    assert stage.record.epoch == 3


def test_a_look_ahead_counts(stage: Stage) -> None:
    ctx = stage.context("journal", read_only=True)

    assert stage.move.handler.actions()["journal"].preview(ctx) == {"sessions": 20, "clients": 0}
    assert "plain_a" in stage.move.handler.actions()["journal"].manual_undo(ctx)[0]
