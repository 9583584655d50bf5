import json
import math
import sys
from types import ModuleType

import pytest

from migrations_app.handlers.adapter.generic.allowing import AllowList, never_function, never_name
from migrations_app.handlers.adapter.generic.errors import NotAllowed

EVERYTHING = AllowList(("math", "json", "datetime", "os", "builtins", "operator", "statistics", "smuggler", "string"))


@pytest.fixture
def smuggler(monkeypatch):
    """A library that hands on what is never served, under names of its own."""
    module = ModuleType("smuggler")
    module.calculate = eval
    module.run = __import__("os").system
    module.Loader = __import__("pickle").Unpickler
    module.inner = sys
    monkeypatch.setitem(sys.modules, "smuggler", module)
    return module


def test_a_function_of_a_module_and_a_class():
    assert EVERYTHING.function("math.sqrt") is math.sqrt
    assert EVERYTHING.function("json.decoder.JSONDecoder") is json.JSONDecoder
    assert EVERYTHING.function("datetime.datetime.fromisoformat")("2024-01-02").year == 2024
    assert EVERYTHING.function("builtins.sorted") is sorted


def test_a_prefix_ends_at_a_dot():
    allow = AllowList(("math.sq", "json.dumps"))

    assert not allow.allows("math.sqrt")
    assert allow.allows("json.dumps")
    with pytest.raises(NotAllowed, match=r"math\.sqrt is not in the allow-list.*allow\.functions"):
        allow.function("math.sqrt")


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "builtins.eval",
        "builtins.open",
        "builtins.getattr",
        "builtins.type",
        "operator.attrgetter",
        "operator.methodcaller",
        "string.Formatter.format",
        "math.__loader__.load_module",
        "math._private",
        "json.codecs.open",
        "json.decoder.scanner.re",
        "statistics.sys.exit",
        "math",
        "",
        "math..sqrt",
        "math.sqrt ",
        "smuggler.calculate",
        "smuggler.run",
        "smuggler.Loader",
        "smuggler.inner.exit",
        "smuggler.inner",
    ],
)
def test_what_is_never_served_whatever_is_allowed(path, smuggler):
    with pytest.raises(NotAllowed):
        EVERYTHING.function(path)


def test_what_is_not_there_is_said_as_python_says_it():
    with pytest.raises(AttributeError, match="sqroot"):
        EVERYTHING.function("math.sqroot")
    with pytest.raises(ImportError):
        AllowList(("no_such_library",)).function("no_such_library.f")


def test_methods_and_attributes_are_exact_names():
    allow = AllowList(methods=frozenset({"upper", "format", "__class__"}), attributes=frozenset({"real", "gi_frame"}))

    assert allow.method("a", "upper")() == "A"
    assert allow.attribute(3, "real") == 3
    for name in ("lower", "format", "__class__"):
        with pytest.raises(NotAllowed):
            allow.method("a", name)
    for name in ("imag", "gi_frame"):
        with pytest.raises(NotAllowed):
            allow.attribute((one for one in ()), name)


def test_a_module_is_no_value_to_walk_from():
    with pytest.raises(NotAllowed, match="asked of a module"):
        AllowList(methods=frozenset({"sqrt"})).method(math, "sqrt")


@pytest.mark.parametrize(
    "name",
    ["_x", "__dict__", "format_map", "f_globals", "gi_frame", "tb_frame", "co_code", "func_globals", "mro", "a.b"],
)
def test_names_that_lead_elsewhere(name):
    assert never_name(name)


def test_plain_names_are_reached():
    assert not never_name("mean")
    assert never_function("numpy.mean") == ""
    assert "runs what it is given" in never_function("pandas.eval")
