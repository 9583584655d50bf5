import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RoutePhase
from tests.handlers.session.zero_downtime.actions.stage import Stage


def test_the_relay_is_wanted_from_here_on(stage: Stage) -> None:
    result = stage.before("dual_write").do("dual_write")

    assert (stage.record.phase, result) == (RoutePhase.DUAL_A, {"epoch": 3, "clients": 0})
    assert stage.move.live.wanted == ["relay"]


def test_a_driver_that_died_before_it_asked_for_the_relay_is_followed_by_one_that_does(stage: Stage) -> None:
    stage.before("dual_write")
    with armed("session.dual_write.published:raise"), pytest.raises(Crash):
        stage.do("dual_write")
    assert stage.move.live.wanted == []

    assert stage.do("dual_write")["epoch"] == 3
    assert stage.move.live.wanted == ["relay"]


def test_undo_goes_back_to_the_journal(stage: Stage) -> None:
    stage.before("transfer").undo("dual_write")

    assert (stage.record.phase, stage.record.epoch) == (RoutePhase.JOURNAL_A, 4)
    stage.undo("dual_write")
    assert stage.record.epoch == 4


def test_what_a_person_must_do_is_said(stage: Stage) -> None:
    lines = stage.move.handler.actions()["dual_write"].manual_undo(stage.context("dual_write"))

    assert "journal_a" in lines[0]
