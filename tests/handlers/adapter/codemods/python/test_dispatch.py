"""Whether a method and execute_tool with its name are the same."""

import pytest

from migrations_app.handlers.adapter.codemods.python.dispatch import Dispatch
from tests.handlers.adapter.reading import project_of

HEAD = "from snakepit_bridge.base_adapter import BaseAdapter, tool\nclass A(BaseAdapter):\n"
TOOL = "    @tool()\n    def t(self, x): return x\n"


def dispatch(body: str, decorated: str = TOOL) -> Dispatch:
    project = project_of(a=f"{HEAD}    def execute_tool(self, tool_name, arguments, context):\n{body}{decorated}")
    module = project.modules["a.py"]
    return Dispatch(project, project.of(module.classes["A"], module))


@pytest.mark.parametrize(
    "body",
    [
        "        return self.call_tool(tool_name, **arguments)\n",
        "        '''Says what.'''\n        return self.call_tool(tool_name, **(arguments or {}))\n",
        "        if tool_name == 's':\n            return 1\n        return self.call_tool(tool_name, **arguments)\n",
        "        if tool_name == 't':\n            return self.t(**arguments)\n        raise ValueError(tool_name)\n",
    ],
)
def test_what_hands_on_the_arguments_is_the_same(body: str):
    assert dispatch(body).why_not_direct("t") is None


@pytest.mark.parametrize(
    "body",
    [
        "        return self.call_tool(tool_name, **arguments) or {}\n",
        "        return self.call_tool('t', **arguments)\n",
        "        return self.call_tool(tool_name, **self.defaults)\n",
        "        if tool_name == 't':\n            return self.u(**arguments)\n",
        "        if tool_name == 't':\n            return self.t(arguments['x'])\n",
        "        arguments = clean(arguments)\n        return self.call_tool(tool_name, **arguments)\n",
        "        pass\n",
    ],
)
def test_what_does_something_else_is_not(body: str):
    assert (dispatch(body).why_not_direct("t") or ("",))[0] == "dispatch_differs"


@pytest.mark.parametrize(
    ("decorated", "code"),
    [
        ("    @tool()\n    async def t(self, x): return x\n", "awaits"),
        ("    @cached\n    @tool()\n    def t(self, x): return x\n", "dispatch_differs"),
        ("    def t(self, x): return x\n", "dispatch_differs"),
        ("", "no_method"),
    ],
)
def test_a_method_of_another_kind_is_not(decorated: str, code: str):
    found = dispatch("        return self.call_tool(tool_name, **arguments)\n", decorated)

    assert (found.why_not_direct("t") or ("",))[0] == code
