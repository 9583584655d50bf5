from types import SimpleNamespace
from typing import Any

import pytest

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.adapter.document import to_document
from migrations_app.handlers.adapter.equivalence.report import (
    Difference,
    EquivalenceReport,
    Observed,
    Outcome,
    ToolReport,
)
from migrations_app.handlers.adapter.facts import Lines
from migrations_app.selectors.run_equivalence import comparisons_of

REPORT = to_document(
    EquivalenceReport(
        digest="d" * 64,
        seed=7,
        python="3.11",
        tools=(
            ToolReport("spread", Outcome.EQUIVALENT, 200, {"generated": 190, "edges": 10, "recorded": 0}, 4, 4, 2, 2),
            ToolReport(
                "mean",
                Outcome.DIFFERENT,
                31,
                {"generated": 31},
                3,
                5,
                1,
                2,
                (Lines("a.py", 4, 4), Lines("a.py", 8, 9)),
                "1 of 2 branches was reached",
                Difference(
                    '{"values": []}', "exception", Observed("raised", "ValueError: no"), Observed("answer", "0")
                ),
            ),
        ),
    )
)


def view(*steps: Any, kind: MigrationType = MigrationType.ADAPTER) -> Any:
    plan = SimpleNamespace(type=kind, steps=[SimpleNamespace(id=step.id, action=step.id) for step in steps])
    return SimpleNamespace(plan=plan, steps=steps)


def step(action: str, result: Any = None, checkpoint: Any = None) -> Any:
    return SimpleNamespace(id=action, result=result, own=SimpleNamespace(checkpoint=checkpoint or {}))


def test_a_report_is_shown_tool_by_tool_with_the_first_difference() -> None:
    (shown,) = comparisons_of(view(step("analyze", {"digest": ""}), step("validate", {"report": REPORT})))

    spread, mean = shown.tools
    assert (shown.cases, shown.equivalent, shown.seed) == (231, 1, 7)
    assert (spread.outcome, spread.whole, spread.sources) == ("equivalent", True, (("generated", 190), ("edges", 10)))
    assert (mean.outcome, mean.whole, mean.missed) == ("different", False, ("a.py:4", "a.py:8-9"))
    assert mean.difference is not None
    assert (mean.difference.custom.kind, mean.difference.generic.text) == ("raised", "0")


def test_while_it_works_and_after_it_failed_what_was_compared_is_shown() -> None:
    (shown,) = comparisons_of(
        view(step("validate", None, {"reports": {"mean": {**REPORT, "tools": REPORT["tools"][1:]}}}))
    )

    assert [tool.tool for tool in shown.tools] == ["mean"]


def test_each_step_that_compares_has_its_own() -> None:
    shown = comparisons_of(
        view(step("validate", {"skipped": "no sandbox"}), step("samples"), step("verify", {"report": REPORT}))
    )

    assert [(one.title, one.skipped) for one in shown] == [("before anything changes", "no sandbox"), ("after", "")]


@pytest.mark.parametrize("kind", [kind for kind in MigrationType if kind is not MigrationType.ADAPTER])
def test_another_type_compares_no_adapters(kind: MigrationType) -> None:
    assert comparisons_of(view(step("validate", {"report": REPORT}), kind=kind)) == ()
