"""Tools in objects that the adapter makes for itself: what is mapped answers as the tool does, all else is manual."""

import pytest

from migrations_app.handlers.adapter.facts import Confidence, Verdict
from tests.handlers.adapter.reading import analysis_of, by_entry, codes, instance_of, outcome

TOOL = """
class Tool:
    \"\"\"Wraps a method.\"\"\"

    def __init__(self, func, factor=2):
        self.func = func
        self.name = func.__name__
        self.factor = factor
"""
HANDLERS = """
class Texts:
    def get_tools(self):
        return {"upper": Tool(self.upper), "t": Tool(self.join)}

    def upper(self, ctx, text):
        return text.upper()

    def join(self, ctx, text, other="b"):
        return self._both(text, other) + str(len(other))

    def _both(self, one, two):
        return one + two


class Numbers:
    limit = 3
    kept = {}

    def __init__(self, scale=3):
        self.scale = scale
        self.seen = []

    def get_tools(self):
        return {"twice": Tool(self.twice), "t": Tool(self.scaled)}

    def twice(self, ctx, x):
        return x * 2

    def scaled(self, ctx, x=4):
        return x * self.scale
"""
ADAPTER = """
from snakepit_bridge.base_adapter import BaseAdapter, tool
{head}

class A(BaseAdapter):
    def __init__(self):
        super().__init__()
{setup}
    def execute_tool(self, tool_name, arguments, context):
{entry}
"""
DICT = "self.handlers = {'a': Texts(), 'b': Numbers(5)}"
LOOP = "self._tools = {}\nfor one in self.handlers.values():\n    self._tools.update(one.get_tools())"
LOOK_UP = "return self._tools[tool_name].func(context, **arguments)"


def code(setup: str, entry: str, more: str = "") -> str:
    def indented(text: str) -> str:
        return "".join(f"        {line}\n" for line in text.splitlines())

    return ADAPTER.format(head=TOOL + HANDLERS + more, setup=indented(setup), entry=indented(entry))


SHAPES = {
    "a dict and a loop": (f"{DICT}\n{LOOP}", LOOK_UP, {"x": 3}),
    "the last one wins": (f"self.handlers = {{'b': Numbers(), 'a': Texts()}}\n{LOOP}", LOOK_UP, {"text": "a"}),
    "a list": (f"self.handlers = [Numbers()]\n{LOOP.replace('.values()', '')}", LOOK_UP, {"x": 3}),
    "by itself": ("self.a = Texts()\nself._tools = {}\nself._tools.update(self.a.get_tools())", LOOK_UP, {"text": "q"}),
    "asked first": (
        f"{DICT}\n{LOOP}",
        "if tool_name in self._tools:\n    found = self._tools[tool_name]\n"
        "    return found.func(context, **arguments)\n"
        "return self.call_tool(tool_name, **arguments)",
        {"x": 2},
    ),
    "called outright": (
        "self.b = Numbers(scale=7)",
        "if tool_name == 't':\n    return self.b.twice(context, x=arguments['x'])",
        {"x": 2},
    ),
    "a stored constant": (
        "self.b = Numbers(7)",
        "if tool_name == 't':\n    return arguments['x'] + self.b.scale",
        {"x": 2},
    ),
    "through its tools": (
        DICT,
        "if tool_name == 't':\n    return self.handlers['b'].get_tools()['twice'].func(context, x=arguments['x'])",
        {"x": 2},
    ),
}


@pytest.mark.parametrize(("setup", "entry", "arguments"), SHAPES.values(), ids=list(SHAPES))
def test_what_is_mapped_answers_as_the_tool_does(tmp_path, setup, entry, arguments):
    written = code(setup, entry)
    [adapter] = analysis_of(tmp_path, written).adapters
    mapping = next(tool.mapping for tool in adapter.tools if tool.name == "t")

    assert mapping.verdict is Verdict.AUTOMATIC, mapping.reasons
    for given in (arguments, {}, {**arguments, "unknown": 1} if "**" in entry else arguments):
        custom = outcome(instance_of(written, "A").execute_tool, "t", dict(given), None)
        assert by_entry(mapping, given) == custom


MANUAL = {
    "a constructor that does something": (
        "self.b = Loud()",
        "if tool_name == 't':\n    return self.b.run(arguments['x'])",
        "class Loud:\n    def __init__(self):\n        print(1)\n    def run(self, x): return x\n",
        "own_code",
    ),
    "state of the class": (
        "self.b = Keeps()",
        "if tool_name == 't':\n    return self.b.run(arguments['x'])",
        "class Keeps:\n    kept = {}\n    def run(self, x): return self.kept.get(x)\n",
        "state",
    ),
    "state of the object": (
        "self.b = Keeps()",
        "if tool_name == 't':\n    return self.b.run(arguments['x'])",
        "class Keeps:\n    def __init__(self): self.n = 1\n"
        "    def run(self, x): return self.n\n    def more(self): self.n = 2\n",
        "state",
    ),
    "an empty dict that is filled": (
        "self.b = Keeps()",
        "if tool_name == 't':\n    return self.b.run(arguments['x'])",
        "class Keeps:\n    def __init__(self): self.n = {}\n    def run(self, x): return self.n\n",
        "state",
    ),
    "a base": (
        "self.b = Sub()",
        "if tool_name == 't':\n    return self.b.twice(None, arguments['x'])",
        "class Sub(Numbers): pass\n",
        "own_code",
    ),
    "attributes at run time": (
        "self.b = Odd()",
        "if tool_name == 't':\n    return self.b.run(arguments['x'])",
        "class Odd:\n    def __getattr__(self, name): return len\n    def run(self, x): return x\n",
        "own_code",
    ),
    "a property": (
        "self.b = Odd()",
        "if tool_name == 't':\n    return self.b.run",
        "class Odd:\n    @property\n    def run(self): return 1\n",
        "decorator",
    ),
    "a method that is replaced": (
        "self.b = Numbers()",
        "if tool_name == 't':\n    return self.b.twice(None, arguments['x'])",
        "Numbers.twice = len\n",
        "patched",
    ),
    "under a condition": (
        f"if len('a'):\n    {DICT}\n{LOOP}",
        LOOK_UP.replace("tool_name", "'t'") + "\nif tool_name == 't':\n    pass",
        "",
        "setup",
    ),
    "after a return": (f"if True:\n    return\n{DICT}\n{LOOP}", LOOK_UP, "", "setup"),
    "before it is there": (
        f"{LOOP.replace('self.handlers', 'self.late')}\nself.late = {{'b': Numbers()}}",
        LOOK_UP,
        "",
        "setup",
    ),
    "filled too late": (
        f"{DICT}\n{LOOP}\nself.handlers.update({{'c': Numbers()}})",
        LOOK_UP,
        "",
        "setup",
    ),
    "an object that is changed": ("self.b = Numbers()\nself.b.update(3)", LOOK_UP.replace("_tools", "b"), "", "setup"),
    "set by any name": (f"{DICT}\n{LOOP}\nsetattr(self, 'handlers', 1)", LOOK_UP, "", "setup"),
    "an object that the adapter changes": (
        "self.b = Numbers()",
        "if tool_name == 't':\n    return arguments['x'] + self.b.scale\nself.b.scale = 2",
        "",
        "state",
    ),
    "changed afterwards": (f"{DICT}\n{LOOP}\nself.handlers['a'].mode = 2", LOOK_UP, "", "setup"),
    "added to elsewhere": (
        f"{DICT}\n{LOOP}",
        f"self._tools.update({{}})\n{LOOK_UP}",
        "",
        "state",
    ),
}


@pytest.mark.parametrize(("setup", "entry", "more", "why"), MANUAL.values(), ids=list(MANUAL))
def test_what_is_not_certain_is_manual(tmp_path, setup, entry, more, why):
    entry = f"{entry}\nif tool_name == 't':\n    pass" if "tool_name == 't'" not in entry else entry
    [adapter] = analysis_of(tmp_path, code(setup, entry, more)).adapters
    mapping = next(tool.mapping for tool in adapter.tools if tool.name == "t")

    assert mapping.verdict is Verdict.MANUAL
    assert why in codes(mapping)


def test_an_argument_named_as_the_session_is_assumed_not_to_come(tmp_path):
    more = (
        "class Echo:\n    def get_tools(self): return {'t': Tool(self.t)}\n    def t(self, ctx, **rest): return rest\n"
    )
    [adapter] = analysis_of(tmp_path, code(f"self.handlers = {{'e': Echo()}}\n{LOOP}", LOOK_UP, more)).adapters
    [tool] = [one for one in adapter.tools if one.name == "t"]

    assert tool.mapping.confidence is Confidence.MEDIUM
    assert any("named ctx" in line for line in tool.mapping.evidence)


def test_objects_of_an_adapter_that_lives_on_are_not_read(tmp_path):
    entry = "if tool_name == 't':\n    return self.b.twice(context, arguments['x'])"
    written = code("self.b = Numbers()", entry) + "\n    def _register_commands(self):\n        pass\n"
    [adapter] = analysis_of(tmp_path, written).adapters

    assert "setup" in codes(next(tool.mapping for tool in adapter.tools if tool.name == "t"))
