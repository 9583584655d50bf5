import pytest

from migrations_app.handlers.adapter.generic.configuration import parse
from migrations_app.handlers.adapter.generic.errors import NotAllowed, StreamRefused, WrongArguments
from migrations_app.handlers.adapter.generic.serving import serve

ALLOW = {
    "functions": ["math", "json.dumps", "operator", "builtins", "re.match", "itertools.chain", "statistics.fmean"],
    "methods": ["upper", "pop", "group", "append", "join"],
    "attributes": ["string"],
}


def answer(given: dict[str, object], **tool: object) -> object:
    configuration = parse({"format": 1, "allow": ALLOW, "tools": [{"name": "t", "result": {"step": "r"}, **tool}]})
    return serve(configuration.tools["t"], given, configuration.allow)


def test_arguments_renamed_reordered_and_converted():
    got = answer(
        {"height": "2", "width": 3},
        arguments=[{"name": "width"}, {"name": "height"}, {"name": "digits", "default": 3}],
        steps=[
            {
                "as": "p",
                "call": "math.pow",
                "args": [{"argument": "height", "convert": ["float"]}, {"argument": "width"}],
            },
            {
                "as": "r",
                "call": "builtins.round",
                "args": [{"step": "p"}],
                "kwargs": {"ndigits": {"argument": "digits"}},
            },
        ],
    )

    assert got == 8.0


def test_a_chain_of_method_attribute_and_item():
    got = answer(
        {"text": "key=value"},
        arguments=[{"name": "text"}],
        steps=[
            {"as": "m", "call": "re.match", "args": [{"constant": "(\\w+)=(\\w+)"}, {"argument": "text"}]},
            {"as": "g", "method": "group", "on": {"step": "m"}, "args": [{"constant": 1}, {"constant": 2}]},
            {"as": "r", "method": "upper", "on": {"step": "g", "path": [{"item": 1}]}},
        ],
        result={"object": {"value": {"step": "r"}, "of": {"step": "m", "path": [{"attribute": "string"}]}}},
    )

    assert got == {"value": "VALUE", "of": "key=value"}


def test_stars_and_the_rest():
    assert answer(
        {"args": [1, 2], "sep": ","},
        arguments=[{"name": "args"}],
        more=True,
        steps=[
            {
                "as": "r",
                "call": "json.dumps",
                "args": [{"argument": "args"}],
                "double_star": {"object": {"indent": {"constant": None}}},
            }
        ],
        result={"list": [{"step": "r"}, {"rest": True}]},
    ) == ["[1, 2]", {"sep": ","}]
    assert (
        answer(
            {"p": [3, 4]},
            arguments=[{"name": "p"}],
            steps=[{"as": "r", "call": "math.hypot", "star": {"argument": "p"}}],
        )
        == 5
    )


def test_arguments_that_do_not_fit_are_a_type_error_that_says_so():
    with pytest.raises(WrongArguments, match=r"'t' was not called: x missing; z unknown. It takes x, y=2"):
        answer({"z": 1}, arguments=[{"name": "x"}, {"name": "y", "default": 2}], result={"argument": "x"})


def test_a_mapping_is_looked_into():
    assert answer(
        {"a": 1, "z": 2}, mode="mapping", result={"list": [{"argument": "a"}, {"argument": "b", "default": 5}]}
    ) == [1, 5]
    with pytest.raises(KeyError, match="a"):
        answer({}, mode="mapping", result={"argument": "a"})


def test_what_a_step_takes_out_of_the_arguments_is_gone():
    got = answer(
        {"a": 1, "b": 2},
        mode="mapping",
        steps=[{"as": "r", "method": "pop", "on": {"rest": True}, "args": [{"constant": "a"}]}],
        result={"list": [{"step": "r"}, {"rest": True}]},
    )

    assert got == [1, {"b": 2}]


def test_the_arguments_of_the_caller_stay_as_they_are():
    given = {"a": 1}
    answer(
        given, mode="mapping", steps=[{"as": "r", "method": "pop", "on": {"rest": True}, "args": [{"constant": "a"}]}]
    )

    assert given == {"a": 1}


def test_none_has_a_stand_in():
    assert (
        answer({"x": None}, arguments=[{"name": "x"}], result={"argument": "x", "if_none": 7, "convert": ["str"]})
        == "7"
    )
    assert answer({"x": 0}, arguments=[{"name": "x"}], result={"argument": "x", "if_none": 7}) == 0


def test_a_constant_of_a_library():
    assert answer({}, result={"library": "math.inf"}) == float("inf")


def test_what_a_library_raises_passes_as_it_is():
    with pytest.raises(ValueError, match="math domain error"):
        answer({}, steps=[{"as": "r", "call": "math.sqrt", "args": [{"constant": -1}]}])


def test_a_stream_is_refused():
    with pytest.raises(StreamRefused, match="answered with a stream"):
        answer({}, steps=[{"as": "r", "call": "itertools.chain"}])


def test_lists_are_built_anew_for_each_call():
    tool = {
        "steps": [
            {"as": "l", "value": {"list": []}},
            {"as": "r", "method": "append", "on": {"step": "l"}, "args": [{"constant": 1}]},
        ],
        "result": {"step": "l"},
    }
    configuration = parse({"format": 1, "allow": ALLOW, "tools": [{"name": "t", **tool}]})

    assert [serve(configuration.tools["t"], {}, configuration.allow) for _ in range(2)] == [[1], [1]]


def test_what_is_not_in_the_allow_list_is_not_called():
    with pytest.raises(NotAllowed, match=r"statistics\.mean is not in the allow-list"):
        answer({}, steps=[{"as": "r", "call": "statistics.mean", "args": [{"list": []}]}])
