import pytest

from migrations_app.engine.vocabulary import RunState
from tests.handlers.config.places import BEFORE
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def test_it_notes_what_the_pool_goes_back_to(looked_at: Upgrade) -> None:
    run = looked_at.begin()
    while "note_release" not in run.view.results:
        run.drive()
        break

    noted = run.view.results["note_release"]

    assert noted == {"before": {"version": "0.8.8", "generation": "1"}, "expected": 2, "minimum": 2}


def test_a_pool_of_another_size_is_another_than_was_signed(upgrade: Upgrade) -> None:
    upgrade.parameters = {"surge": 0, "max_unavailable": 1}
    run = upgrade.begin()
    plan = run.plan.content()
    for step in plan["steps"]:
        if step["id"] in ("note_release", "roll", "confirm"):
            step["parameters"]["minimum"] = 5
    run.plan = type(run.plan).from_content(plan)
    run.memory.plan = run.plan

    view = run.finish()

    assert view.state is RunState.ROLLED_BACK
    assert view.step("note_release").error["type"] == "plan_is_stale"
    assert upgrade.contents == BEFORE
