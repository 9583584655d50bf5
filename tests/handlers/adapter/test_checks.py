import json
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.adapter.checks import problems_of, tolerance_of
from migrations_app.handlers.adapter.planning import analyse
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop


def problems(shop: Shop) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in problems_of(shop.spec, analyse(shop.spec))}


def recorded(shop: Shop, **counts: int) -> None:
    lines = [json.dumps({"tool": tool, "arguments": {}}) for tool, count in counts.items() for _ in range(count)]
    (shop.root / "calls.jsonl").write_text("\n".join(lines))


def test_a_project_that_can_be_migrated(shop: Shop) -> None:
    assert problems(shop) == set()


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"adapter": "nobody"}, ("parameters.adapter", "unknown_adapter")),
        ({"place": "shop"}, ("parameters.place", "place_taken")),
        ({"tolerance": "much"}, ("parameters.tolerance", "invalid")),
        ({"recorded": "nowhere.jsonl"}, ("parameters.recorded", "validation_failed")),
        ({"edits": {"nobody": None}}, ("parameters.edits.nobody", "invalid")),
    ],
)
def test_each_reason_has_its_field(shop: Shop, parameters: dict[str, Any], problem: tuple[str, str]) -> None:
    shop.parameters = parameters

    assert problem in problems(shop)


def test_manual_tools_are_named(shop: Shop) -> None:
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)

    assert problems(shop) == {("parameters.manual_tools", "manual_tool")}


def test_zero_downtime_asks_for_a_pool_a_comparison_and_recorded_calls_of_each_tool(shop: Shop) -> None:
    shop.options = {"zero_downtime": True}
    assert problems(shop) == {
        ("targets.pool", "required"),
        ("parameters.recorded", "required"),
        ("parameters.equivalence", "contradiction"),
    }

    recorded(shop, root=20, area=3)
    shop.parameters = {"recorded": "calls.jsonl", "equivalence": "required"}
    assert problems(shop) == {("targets.pool", "required"), ("parameters.recorded", "too_few_recorded")}
    recorded(shop, root=20, area=20)
    assert problems(shop) == {("targets.pool", "required")}


def test_a_pool_that_does_not_answer_is_said(shop: Shop, tmp_path: Path) -> None:
    config = {"driver": "process", "path": str(tmp_path / "nobody.sock")}
    shop.pool = Target(8, "shop-pool", TargetKind.WORKER_POOL, "staging", config, {})

    assert problems(shop) == {("targets.pool", "unreachable")}


def test_the_tolerance_is_a_number_below_one() -> None:
    assert tolerance_of({"tolerance": ""}) is None
    assert tolerance_of({"tolerance": "1e-6"}) == 1e-6
    for text in ("much", "nan", "inf", "-1", "1"):
        with pytest.raises(ValueError, match=r".+"):
            tolerance_of({"tolerance": text})
