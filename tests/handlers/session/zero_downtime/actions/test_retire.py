import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import RouteClient
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.stores.routed.base import Fenced, Guard
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.memory import ManualClock
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import content
from tests.handlers.session.zero_downtime.actions.stage import Stage


class Passing(Notebook):
    """The clock moves on whenever the driver says that it is alive."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock

    def alive(self) -> None:
        self.clock.advance(10)


def test_what_was_kept_beside_the_sessions_goes_and_the_old_ones_stay(stage: Stage) -> None:
    before = content(stage.move.source)
    result = stage.before("retire").do("retire")

    assert result == {"epoch": stage.record.epoch, "clients": 0, "removed": 0}
    assert stage.record.phase is RoutePhase.RETIRED
    with stage.store("a") as a, stage.store("b") as b:
        assert not a.joined()
        assert not b.joined()
    assert content(stage.move.source) == before
    assert content(stage.move.target).keys() == before.keys()


def test_old_sessions_go_when_the_plan_says_so(stage: Stage) -> None:
    stage.before("retire")
    stage.move.spec.options["cleanup_source"] = True  # type: ignore[index]

    assert stage.do("retire")["removed"] == 20
    assert content(stage.move.source) == {}
    assert len(content(stage.move.target)) == 20


def test_a_driver_that_dies_is_followed_by_another(stage: Stage) -> None:
    stage.before("retire")
    with armed("session.retire.published:raise"), pytest.raises(Crash):
        stage.do("retire")
    epoch = stage.record.epoch

    assert stage.do("retire")["epoch"] == epoch
    assert stage.do("retire")["epoch"] == epoch


def test_nothing_is_taken_away_while_a_client_stays_behind(stage: Stage) -> None:
    """PROTOCOL R35 and F28."""
    stage.before("retire")
    clock = ManualClock()
    stage.move.clock = clock  # type: ignore[assignment]
    stage.move.live.followers = lambda: [RouteClient("late", "boot", stage.record.epoch - 1, 0, is_live=True)]

    with pytest.raises(StepFailed, match="late"):
        stage.do("retire", progress=Passing(clock))
    with stage.store("a") as a, stage.store("b") as b:
        assert a.joined()
        assert b.joined()


def test_a_late_client_of_the_old_store_is_refused(stage: Stage) -> None:
    stage.before("retire").do("retire")

    with stage.store("a") as a, pytest.raises(Fenced):
        a.write(SessionRecord("one", b"1"), Guard(stage.record.epoch, journaled=True))
