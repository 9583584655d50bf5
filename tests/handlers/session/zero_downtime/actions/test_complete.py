import pytest

from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.vocabulary import RoutePhase
from tests.handlers.session.zero_downtime.actions.stage import Stage


def test_the_new_store_serves_alone(stage: Stage) -> None:
    result = stage.before("complete").do("complete")

    assert (stage.record.phase, stage.record.authority) == (RoutePhase.SINGLE_B, "b")
    assert result == {"epoch": stage.record.epoch, "clients": 0}
    assert stage.do("complete")["epoch"] == result["epoch"]


def test_nothing_is_completed_while_a_bucket_is_still_served_by_the_source(stage: Stage) -> None:
    stage.before("switch")

    with pytest.raises(ClaimConflict, match="Not every bucket"):
        stage.do("complete")
    assert stage.record.phase is RoutePhase.DUAL_A


def test_a_route_that_is_retired_stays_so(stage: Stage) -> None:
    epoch = stage.before("retire").do("retire")["epoch"]

    assert stage.do("complete")["epoch"] == epoch
