from collections.abc import Callable

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.adapter.places import Shop, finished


def before_verify(shop: Shop, do: Callable[[], object]) -> LocalRun:
    run = shop.begin()

    def hook(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "verify", False):
            do()

    run.handler = InterposedHandler(shop.handler, hook, [step.id for step in run.plan.steps])
    return run


@pytest.mark.parametrize("path", ["generic_adapter/serving.py", "generic_adapter/tools.json", "client/room.py"])
def test_a_file_that_somebody_changes_right_after_the_write_is_noticed(shop: Shop, path: str) -> None:
    run = before_verify(shop, lambda: (shop.root / path).write_bytes(b"an edit"))

    view = finished(run, RunState.STUCK)

    assert view.step("verify").error["type"] == "data_corruption"
    assert path in view.step("verify").error["message"]


def test_it_says_what_the_configuration_on_the_disk_serves_by_its_new_names(shop: Shop) -> None:
    shop.parameters = {"renames": {"root": "math_root"}}

    view = finished(shop.begin())

    assert view.results["verify"]["tools"] == ["area", "math_root"]
    written = [*view.results["configure"]["changed"], *view.results["migrate_calls"]["changed"]]
    assert view.results["verify"]["files"] == len(written)


@pytest.mark.servers
def test_each_tool_answers_its_cases_again_from_the_disk(proven: Shop) -> None:
    view = finished(proven.begin())

    first, again = (view.results[step]["report"]["tools"] for step in ("validate", "verify"))
    assert [(tool["tool"], tool["outcome"], tool["cases"]) for tool in first] == [
        (tool["tool"], tool["outcome"], tool["cases"]) for tool in again
    ]
