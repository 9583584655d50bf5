"""Both adapters side by side within a run. What the comparison itself finds is shown by its own tests."""

from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RunState
from migrations_app.handlers.adapter.actions.proof import said
from migrations_app.handlers.adapter.document import from_document
from migrations_app.handlers.adapter.equivalence.report import EquivalenceReport, Outcome, ToolReport
from tests.handlers.adapter.places import ADAPTER, Shop, finished

pytestmark = pytest.mark.servers
WRONG = {
    "arguments": [{"name": "width"}, {"name": "height"}],
    "steps": [{"as": "v", "call": "operator.add", "args": [{"argument": "width"}, {"argument": "height"}]}],
    "result": {"object": {"area": {"step": "v"}}},
}


def report(result: dict[str, Any]) -> dict[str, ToolReport]:
    return {tool.tool: tool for tool in from_document(EquivalenceReport, result["report"]).tools}


def test_every_served_tool_is_compared_with_its_recorded_calls_too(proven: Shop) -> None:
    proven.lay(calls_dot_jsonl=b'{"tool": "root", "arguments": {"x": 4}}\n')
    proven.parameters = {**proven.parameters, "recorded": "calls.jsonl", "renames": {"root": "math_root"}}

    found = report(finished(proven.begin()).results["validate"])

    assert {name: tool.outcome for name, tool in found.items()} == {
        "area": Outcome.EQUIVALENT,
        "root": Outcome.EQUIVALENT,
    }
    assert found["root"].sources["recorded"] == 1


@pytest.mark.parametrize("demand", ["required", "where_possible"])
def test_a_tool_that_differs_is_refused_by_name_before_anything_is_written(proven: Shop, demand: str) -> None:
    proven.parameters = {**proven.parameters, "equivalence": demand, "edits": {"area": WRONG}}
    before = proven.tree()

    view = finished(proven.begin(), RunState.ROLLED_BACK)

    error = view.step("validate").error
    assert "area is different" in error["message"]
    assert report(error["details"])["area"].difference is not None
    assert proven.tree() == before


@pytest.mark.parametrize(
    ("demand", "state"), [("required", RunState.ROLLED_BACK), ("where_possible", RunState.SUCCEEDED)]
)
def test_a_tool_that_cannot_be_compared_is_refused_by_name_where_proof_is_required(
    proven: Shop, demand: str, state: RunState
) -> None:
    proven.lay(shop__adapter_dot_py=ADAPTER.replace(b"import math\n", b"import math\n\nimport a_library_of_nobody\n"))
    proven.parameters = {**proven.parameters, "equivalence": demand}
    if any(field == "parameters.manual_tools" for field, _ in proven.problems()):
        pytest.fail("the fixture has to be automatic")

    view = finished(proven.begin(), state)

    if state is RunState.ROLLED_BACK:
        assert "area was not compared" in view.step("validate").error["message"]
    else:
        assert report(view.results["validate"])["area"].outcome is Outcome.NOT_COMPARED


@pytest.mark.usefixtures("no_sandbox")
def test_without_a_sandbox_nothing_is_run_and_the_reason_is_said(proven: Shop) -> None:
    view = finished(proven.begin(), RunState.ROLLED_BACK)

    assert view.step("validate").error["type"] == "sandbox_missing"
    assert "bwrap" in view.step("validate").error["message"]

    proven.parameters = {**proven.parameters, "equivalence": "where_possible"}
    view = finished(proven.begin(run_id=2))
    assert "bwrap" in view.results["validate"]["skipped"]


def test_a_driver_that_dies_goes_on_at_the_next_tool(proven: Shop) -> None:
    run = proven.begin()
    with armed("progress.saved:1:raise"), pytest.raises(Crash):
        run.finish()
    saved = run.view.step("validate").own.checkpoint
    assert set(saved["reports"]) == {"area"}

    assert set(report(finished(run).results["validate"])) == {"area", "root"}


def test_one_tool_in_words() -> None:
    assert said(ToolReport("root", Outcome.EQUIVALENT)) == "root is equivalent"
    assert said(ToolReport("root", Outcome.NOT_COMPARED, reason="It streams.")) == "root was not compared: It streams"
