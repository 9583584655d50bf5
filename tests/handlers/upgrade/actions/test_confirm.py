from collections.abc import Callable

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.config.places import BEFORE
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def before_confirm(upgrade: Upgrade, do: Callable[[], None]) -> InterposedHandler:
    def hook(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "confirm", False):
            do()

    steps = [step.id for step in upgrade.plan().plan.steps]
    return InterposedHandler(upgrade.handler, hook, steps)


def test_a_worker_that_somebody_takes_out_in_the_end_is_noticed(upgrade: Upgrade) -> None:
    def take_out() -> None:
        with upgrade.pool.open() as pool:
            pool.hold("worker-2", 600)

    run = upgrade.begin()
    run.handler = before_confirm(upgrade, take_out)

    view = run.finish()

    assert view.state is RunState.ROLLED_BACK
    assert "2 of 3 serve" in view.step("confirm").error["message"]
    assert upgrade.contents == BEFORE
    assert upgrade.releases == {"0.8.8"}


def test_a_worker_that_starts_again_just_then_takes_nothing_back(upgrade: Upgrade) -> None:
    run = upgrade.begin()
    run.handler = before_confirm(upgrade, lambda: upgrade.pool.kill_worker("worker-2"))

    view = run.finish()

    assert view.state is RunState.SUCCEEDED
    assert upgrade.releases == {"0.13.0"}
