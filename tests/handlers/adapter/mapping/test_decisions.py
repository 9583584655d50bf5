import pytest

from tests.handlers.adapter.reading import analysis_of, by_entry, codes, mapped


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


@pytest.mark.parametrize("test", ["x", "x == 1", "not x", "x in [1]", "len(x)", "True and x"])
def test_what_the_arguments_decide_is_not_decided_before(tmp_path, test):
    assert "branch" in codes(mapped(tmp_path, f"if {test}:\n    return 1\nreturn 2"))


@pytest.mark.parametrize(
    ("test", "answer"),
    [("True", 1), ("not True", 2), ("False or 'a' == 'a'", 1), ("'a' in ('b',)", 2), ("hasattr(self, 't')", 1)],
)
def test_what_is_the_same_in_every_call(tmp_path, test, answer):
    assert by_entry(mapped(tmp_path, f"if {test}:\n    return 1\nreturn 2"), {}) == ("answered", str(answer))
