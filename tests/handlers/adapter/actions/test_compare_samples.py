"""Recorded calls right before the switch: young enough, enough of each tool, and answered alike."""

from collections.abc import Iterator

import pytest

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.adapter.live import LiveShop, live_shop
from tests.handlers.adapter.places import CODE, finished

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def served() -> Iterator[LiveShop]:
    with live_shop() as shop:
        yield shop


@pytest.fixture
def live(served: LiveShop) -> LiveShop:
    """For tests that restart nobody."""
    served.lay()
    served.record(root=5, area=5)
    return served


def test_a_dry_run_says_how_many_there_are(live: LiveShop) -> None:
    found = finished(live.begin(kind=RunKind.DRY_RUN)).results["samples"]

    assert found["samples"]["tools"] == {"area": 5, "root": 5}
    assert {tool["sources"]["recorded"] for tool in found["report"]["tools"]} == {1}  # equal ones count once


@pytest.mark.parametrize(("hours", "area"), [(25, 5), (0, 4)])
def test_old_ones_and_too_few_stop_the_run_before_a_call_changes(live: LiveShop, hours: float, area: int) -> None:
    run = live.begin()

    def go_by(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "samples", False):
            live.record(hours=hours, root=5, area=area)

    run.handler = InterposedHandler(live.handler, go_by, [step.id for step in run.plan.steps])

    view = finished(run, RunState.ROLLED_BACK)

    assert f"calls.jsonl has {area if not hours else 0} calls of area" in view.step("samples").error["message"]
    assert (live.root / "client/room.py").read_bytes() == CODE["client/room.py"]
    assert not (live.root / "generic_adapter").exists()
