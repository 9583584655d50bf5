import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.handlers.adapter.generic.configuration import parse, read
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused

ROOT = {
    "format": 1,
    "allow": {"functions": ["math.sqrt"], "methods": ["upper"], "attributes": ["real"]},
    "tools": [
        {
            "name": "root",
            "description": "A square root.",
            "arguments": [{"name": "x", "type": "float"}, {"name": "y", "default": 2}],
            "steps": [{"as": "r", "call": "math.sqrt", "args": [{"argument": "x", "convert": ["float"]}]}],
            "result": {"object": {"root": {"step": "r"}, "of": {"argument": "y", "if_none": 1}}},
        }
    ],
    "refused": {"stream": "It streams."},
}


def problems_of(document: object) -> str:
    with pytest.raises(ConfigurationRefused) as refused:
        parse(document)
    assert refused.value.problems
    return str(refused.value)


def with_tool(**changes: object) -> dict[str, object]:
    return ROOT | {"tools": [ROOT["tools"][0] | changes]}


def test_a_whole_one():
    configuration = read(json.dumps(ROOT))

    tool = configuration.tools["root"]
    assert [(one.name, one.required, one.default, one.type) for one in tool.arguments] == [
        ("x", True, None, "float"),
        ("y", False, 2, "any"),
    ]
    assert tool.steps[0].function == "math.sqrt"
    assert tool.steps[0].arguments[0].convert == ("float",)
    assert configuration.allow.allows("math.sqrt")
    assert configuration.refused == {"stream": "It streams."}


def test_every_problem_at_once():
    said = problems_of(
        {
            "format": 2,
            "allow": {"functions": ["os"], "methods": ["format"], "attributes": "real"},
            "tools": [{"name": 3, "result": {"argument": "nobody"}, "colour": "red"}, {"name": "b"}],
            "refused": {"c": None},
        }
    )

    for expected in (
        "format: this adapter reads format 1, not 2",
        "'os' is never served",
        "allow.methods: never reached: 'format'",
        "allow.attributes: a list is expected",
        "tools[0].name: a text is expected",
        "tools[0].result.argument: the tool has no argument 'nobody'",
        "tools[0]: unknown 'colour'",
        "tools[1]: result is missing",
        "refused: each name has its reason",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"result": {"step": "later"}}, "no step 'later' before it"),
        ({"result": {"argument": "x", "convert": ["eval"]}}, "no conversion 'eval'"),
        ({"result": {"argument": "x", "path": [{"attribute": "__class__"}]}}, "'__class__' is never reached"),
        ({"result": {"argument": "x", "path": [{"item": None}]}}, "an item is a text or a whole number"),
        ({"result": {"constant": [1]}}, "build others with list and object"),
        ({"result": {"argument": "x", "constant": 1}}, "a value has one of"),
        ({"result": {"argument": ["x"]}}, "a text is expected, not list"),
        ({"result": {"rest": 1}}, "it is true, or not there"),
        ({"result": {"library": "sys.modules"}}, "never served"),
        ({"steps": [{"as": "r", "call": "subprocess.run"}]}, "'subprocess.run' is never served"),
        ({"steps": [{"as": "r", "method": "upper"}]}, "a step has one of call, method"),
        ({"steps": [{"as": "r", "method": "format", "on": {"constant": "a"}}]}, "'format' is never reached"),
        ({"mode": "guess"}, "not one of keywords, mapping"),
        ({"arguments": [{"name": "x", "default": []}]}, "build others with list and object"),
    ],
)
def test_a_problem_names_its_place(changes, expected):
    said = problems_of(with_tool(**changes))

    assert expected in said
    assert "tools[0]" in said


def test_two_tools_of_a_name():
    assert "there are two tools 'root'" in problems_of(ROOT | {"tools": ROOT["tools"] * 2})


def test_nesting_has_an_end():
    value: object = {"constant": 1}
    for _ in range(60):
        value = {"list": [value]}

    assert "at most 20 deep" in problems_of(with_tool(result=value))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ConfigurationRefused, match="no JSON document"):
        read(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ROOT, *ROOT["tools"][0], "as", "call", "convert", "path", "list"]), inner, max_size=4
        )
    ),
)


@given(anything, st.sampled_from(["tools", "allow", "refused", "steps", "result", "arguments"]))
def test_anything_is_read_or_refused_and_never_breaks(document, place):
    whole = ROOT | {place: document} if place in ROOT else with_tool(**{place: document})
    try:
        parse(whole)
    except ConfigurationRefused as refused:
        assert refused.problems  # noqa: PT017
