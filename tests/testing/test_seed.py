from dataclasses import dataclass

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, Moment
from migrations_app.testing.seed import (
    create_mock_custom_adapter,
    create_mock_session_data,
    simulate_migration_failure,
)
from tests.engine.toy import World, local_run


def test_the_mock_adapter_is_partly_feasible() -> None:
    adapter = create_mock_custom_adapter()
    assert [f["generic_equivalent"] for f in adapter["functions"]] == ["pandas.DataFrame", None]
    assert adapter["migration_feasibility"] == "partial"


def test_mock_sessions_are_numbered_from_one() -> None:
    sessions = create_mock_session_data()
    assert len(sessions) == 100
    assert sessions[0]["session_id"] == "session_1"
    assert sessions[99]["data"] == {"key_100": "value_100"}
    assert create_mock_session_data(0) == []


@dataclass
class Context:
    current_step: int


def test_a_simulated_failure_hits_one_step_and_lets_the_others_pass() -> None:
    fail = simulate_migration_failure(2)
    context = Context(1)
    assert fail(context) is context
    with pytest.raises(StepFailed, match="simulated_failure"):
        fail(Context(2))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_it_fails_a_real_run_at_that_step_and_everything_is_undone(number: int) -> None:
    fail = simulate_migration_failure(number)

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO:
            fail(moment)

    world = World()
    before = world.snapshot()
    view = local_run(world, hook).finish()
    assert view.state is RunState.ROLLED_BACK
    assert (view.result or {})["failed_steps"] == [view.plan.steps[number - 1].id]
    assert world.snapshot() == before
