import pytest

from migrations_app.handlers.adapter.facts import Verdict
from tests.handlers.adapter.reading import HEAD, analysis_of, by_entry, codes, mapped


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("", None),
        ("'Text.'\npass\nreturn", None),
        ("z = x\nz += 1\nreturn [x, z]", [5, 6]),
        ("z: list = [y]\nz.append(x)\nreturn z", [3, 5]),
        ("if x is None:\n    x = 1\nreturn x", 5),
        ("import math\nreturn math.floor(x)", 5),
        ("return self.twice(self.twice(x))", 20),
    ],
)
def test_statements_that_an_entry_can_say(tmp_path, body, answer):
    head = f"{HEAD}\n    def twice(self, value, times=2):\n        return value * times\n"

    assert by_entry(mapped(tmp_path, body or "pass", head=head), {"x": 5, "y": 3}) == ("answered", repr(answer))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("if x:\n    return 1\nreturn 2", "branch"),
        ("for one in x: pass", "loop"),
        ("try:\n    return x\nexcept E: pass", "try"),
        ("with x: pass", "with"),
        ("raise ValueError(x)", "raises"),
        ("self.z = x", "state"),
        ("x['a'] = 1\nreturn x", "state"),
        ("del x", "state"),
        ("yield x", "streams"),
        ("return self.t(x)", "own_code"),
        ("match x:\n    case 1: return 2", "branch"),
        ("def inner(): ...\nreturn x", "own_code"),
        ("return self.t(*x)", "expression"),
    ],
)
def test_statements_that_are_left_to_a_person(tmp_path, body, code):
    mapping = mapped(tmp_path, body)

    assert mapping.verdict is Verdict.MANUAL
    assert code in codes(mapping), mapping.reasons


@pytest.mark.parametrize(
    ("signature", "code"),
    [("self, x=[]", "default"), ("self, x=LIMIT", "default"), ("self, *x", "expression"), ("self, x, /", "expression")],
)
def test_parameters_that_no_entry_has(tmp_path, signature, code):
    assert code in codes(mapped(tmp_path, "return 1", signature=signature, before="LIMIT = 1"))


def test_arguments_bind_as_keywords_do(tmp_path):
    mapping = mapped(tmp_path, "return [x, y, more]", signature="self, x, *, y=-1.5, **more")

    assert by_entry(mapping, {"x": 1, "z": 2}) == ("answered", "[1, -1.5, {'z': 2}]")
    assert by_entry(mapping, {"y": 1}) == ("raised", "TypeError")


@pytest.mark.parametrize(
    "dispatch",
    [
        "if tool_name == 't' and hasattr(self, 't'):\n    return self.t(**arguments)",
        "if not tool_name != 't':\n    return self.t(**arguments)",
        "method = getattr(self, tool_name, None)\nif callable(method):\n    return method(**arguments)",
        "arguments = arguments or {}\nreturn {'t': self.t}[tool_name](**arguments)",
        "tools = {'t': self.t}\nif tool_name not in tools:\n    raise KeyError\nreturn tools[tool_name](**arguments)",
    ],
)
def test_ways_from_a_name_to_its_method(tmp_path, dispatch):
    lines = "\n".join(f"        {line}" for line in dispatch.splitlines())
    entry = f"    def execute_tool(self, tool_name, arguments, context):\n{lines}\n"
    code = f"class A:\n{entry}\n    def t(self, x):\n        return len(x)\n"
    [adapter] = analysis_of(tmp_path, code).adapters
    [tool] = [one for one in adapter.tools if one.name == "t"]

    assert by_entry(tool.mapping, {"x": "abc"}) == ("answered", "3")
    assert by_entry(tool.mapping, {"y": "abc"}) == ("raised", "TypeError")
