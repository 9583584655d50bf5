import json
from typing import Any

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.facts import Analysis
from migrations_app.handlers.adapter.making.serving import BY_HAND, allow_for, chosen, serving_of
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop
from tests.handlers.adapter.reading import FIXTURES

ENTRY = {
    "arguments": [{"name": "x", "default": 0.5}],
    "steps": [{"as": "v", "call": "math.floor", "args": [{"argument": "x"}]}],
    "result": {"object": {"answer": {"step": "v"}, "e": {"library": "math.e"}}},
}


@pytest.fixture
def analysis(shop: Shop) -> Analysis:
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    return analyze(shop.root, installed={})


def serving(analysis: Analysis, **parameters: Any) -> Any:
    return serving_of(analysis, {"adapter": "", "edits": None, "renames": None, **parameters})


def refused(analysis: Analysis, **parameters: Any) -> set[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as error:
        serving(analysis, **parameters)
    return {(problem.field.removeprefix("parameters."), problem.code) for problem in error.value.problems}


def test_the_only_adapter_with_tools_is_meant_and_a_name_says_which_of_several(analysis: Analysis) -> None:
    assert chosen(analysis, "").name == chosen(analysis, "shop.adapter.Shop").name == "shop.adapter.Shop"
    several = analyze(FIXTURES / "wrapped", installed={})
    assert chosen(several, "adapter.SetUp").name == "adapter.SetUp"
    for name, code in (("", "which_adapter"), ("adapter.Nobody", "unknown_adapter")):
        with pytest.raises(ValidationFailed) as error:
            chosen(several, name)
        assert [problem.code for problem in error.value.problems] == [code]


def test_what_is_automatic_is_served_and_the_rest_is_kept(analysis: Analysis) -> None:
    found = serving(analysis)

    assert [tool.name for tool in found.served] == ["area", "root"]
    assert [tool.name for tool in found.kept] == ["total"]
    assert found.configuration["refused"]["total"]


@pytest.mark.parametrize("entry", [ENTRY, json.dumps(ENTRY)])
def test_an_entry_by_hand_takes_the_place_with_what_it_needs_of_the_allow_list(analysis: Analysis, entry: Any) -> None:
    found = serving(analysis, edits={"total": entry})

    assert [tool.name for tool in found.served] == ["area", "root", "total"]
    assert {"math.floor", "math.e"} <= set(found.configuration["allow"]["functions"])
    assert found.configuration["refused"] == {}
    assert found.edited == {"total"}


def test_null_leaves_a_tool_with_the_custom_adapter_and_its_needs_go(analysis: Analysis) -> None:
    found = serving(analysis, edits={"root": None})

    assert [tool.name for tool in found.served] == ["area"]
    assert found.configuration["refused"]["root"] == BY_HAND
    assert "math.sqrt" not in found.configuration["allow"]["functions"]


def test_new_names_are_in_what_is_written(analysis: Analysis) -> None:
    found = serving(analysis, renames={"root": "math.root", "area": "root"})

    assert [entry["name"] for entry in found.configuration["tools"]] == ["area", "root"]
    assert [entry["name"] for entry in found.written["tools"]] == ["root", "math.root"]


@pytest.mark.parametrize(
    ("parameters", "problems"),
    [
        ({"edits": []}, set()),
        ({"edits": [1]}, {("edits", "invalid")}),
        ({"edits": {"nobody": ENTRY}}, {("edits.nobody", "invalid")}),
        ({"edits": {"root": "{"}}, {("edits.root", "invalid")}),
        ({"edits": {"root": 3}}, {("edits.root", "invalid")}),
        ({"edits": {"root": {**ENTRY, "name": "area"}}}, {("edits.root", "invalid")}),
        ({"edits": {"root": {**ENTRY, "result": {"step": "w"}}}}, {("edits", "entry_refused")}),
        ({"edits": {"root": {"result": {"library": "os.environ"}}}}, {("edits", "entry_refused")}),
        ({"renames": [1]}, {("renames", "invalid")}),
        ({"renames": {"nobody": "x"}}, {("renames.nobody", "invalid")}),
        ({"renames": {"root": "no name"}}, {("renames.root", "invalid")}),
        ({"renames": {"root": "area"}}, {("renames.root", "invalid")}),
        ({"renames": {"root": "x", "area": "x"}}, {("renames.root", "invalid"), ("renames.area", "invalid")}),
    ],
)
def test_every_mistake_is_said_at_its_field(
    analysis: Analysis, parameters: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    found = refused(analysis, **parameters) if problems else set(serving(analysis, **parameters).renamed)

    assert problems <= found if problems else not found


def test_the_allow_list_of_an_entry() -> None:
    entry = {
        "steps": [{"as": "v", "method": "tolist", "on": {"argument": "call"}}],
        "result": {"step": "v", "path": [{"attribute": "shape"}, {"item": "method"}]},
        "description": "call",
    }

    assert allow_for(entry) == {"functions": set(), "methods": {"tolist"}, "attributes": {"shape"}}
