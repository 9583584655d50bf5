"""Each shape of a call, before and after."""

import pytest

from tests.handlers.adapter.codemods.projects import ADAPTER, RENAMING, SWITCH, project, rewritten

OLD, NEW = "from pkg.adapter import MyAdapter\n", "from generic import GenericAdapter\n"
MADE = 'GenericAdapter("/etc/tools.json")'
CALLS = {
    "MyAdapter().spread(1, count=2)": f'{MADE}.execute_tool("spread", {{"low": 1, "count": 2}})',
    "MyAdapter().spread()": f'{MADE}.execute_tool("spread", {{}})',
    "MyAdapter().spread( )": f'{MADE}.execute_tool("spread", {{ }})',
    "MyAdapter ().spread(1,)": f'{MADE.replace("(", " (")}.execute_tool("spread", {{"low": 1,}})',
    "MyAdapter().spread(\n    1,  # low\n    count = 2,\n)": (
        f'{MADE}.execute_tool("spread", {{\n    "low": 1,  # low\n    "count": 2,\n}})'
    ),
    "MyAdapter().spread(  # nothing\n)": f'{MADE}.execute_tool("spread", {{  # nothing\n}})',
    "MyAdapter().spread(one for one in [1])": f'{MADE}.execute_tool("spread", {{"low": (one for one in [1])}})',
    "MyAdapter().spread(n := 1)": f'{MADE}.execute_tool("spread", {{"low": (n := 1)}})',
    "MyAdapter().spread((1, 2), lambda: 0)": f'{MADE}.execute_tool("spread", {{"low": (1, 2), "count": lambda: 0}})',
    "MyAdapter().spread(**options)": f'{MADE}.execute_tool("spread", {{**options}})',
    "MyAdapter().spread(MyAdapter().spread(1))": (
        f'{MADE}.execute_tool("spread", {{"low": {MADE}.execute_tool("spread", {{"low": 1}})}})'
    ),
    'MyAdapter().execute_tool("spread", {"low": 1}, None)': f'{MADE}.execute_tool("spread", {{"low": 1}}, None)',
    'MyAdapter().execute_tool(tool_name="spread", arguments={}, context=None)': (
        f'{MADE}.execute_tool(tool_name="spread", arguments={{}}, context=None)'
    ),
    "MyAdapter().call_tool('spread', low=1, count=2)": (f'{MADE}.execute_tool(\'spread\', {{"low": 1, "count": 2}})'),
    "MyAdapter().call_tool('spread')": f"{MADE}.execute_tool('spread', {{}})",
    "MyAdapter().call_tool(tool_name='spread', **options)": f"{MADE}.execute_tool('spread', {{**options}})",
    "print(MyAdapter().spread(1)[0] + 1, 'ä')": f'print({MADE}.execute_tool("spread", {{"low": 1}})[0] + 1, \'ä\')',
}


@pytest.mark.parametrize(("before", "expected"), CALLS.items(), ids=list(CALLS))
def test_a_call_becomes_execute_tool(before: str, expected: str):
    files, found = rewritten(project(f"{OLD}result = {before}\n"))

    assert files["use.py"].decode() == f"{NEW}result = {expected}\n"
    assert not found.refused
    assert {line.first for line in found.changes[0].sites} == {1, 2}


RENAMED = {
    "MyAdapter().spread(1)": f'{MADE}.execute_tool("numbers.spread", {{"low": 1}})',
    "MyAdapter().execute_tool('spread', {})": f"{MADE}.execute_tool('numbers.spread', {{}})",
    'MyAdapter().execute_tool("""spread""", {})': f'{MADE}.execute_tool("numbers.spread", {{}})',
    "MyAdapter().call_tool(r'spread', low=1)": f"{MADE}.execute_tool('numbers.spread', {{\"low\": 1}})",
}


@pytest.mark.parametrize(("before", "expected"), RENAMED.items(), ids=list(RENAMED))
def test_a_tool_gets_its_new_name(before: str, expected: str):
    files, found = rewritten(project(f"{OLD}result = {before}\n"), RENAMING)

    assert files["use.py"].decode() == f"{NEW}result = {expected}\n"
    assert not found.refused


REFUSED = {
    "MyAdapter().other(1)": "not_served",
    "MyAdapter().execute_tool('other', {})": "not_served",
    "MyAdapter().execute_tool(name, {})": "dynamic_name",
    "MyAdapter().execute_tool(f'{name}', {})": "dynamic_name",
    "MyAdapter().execute_tool('spr' + 'ead', {})": "dynamic_name",
    "MyAdapter().execute_tool(*given)": "starred",
    "MyAdapter().execute_tool('spread', {}, None, 4)": "wrong_arguments",
    "MyAdapter().execute_tool('spread', args={})": "wrong_arguments",
    "MyAdapter().call_tool(*given)": "dynamic_name",
    "MyAdapter().call_tool('spread', 1)": "wrong_arguments",
    "MyAdapter().spread(*given)": "starred",
    "MyAdapter().spread(1, **options)": "starred",
    "MyAdapter().spread(1, low=2)": "wrong_arguments",
    "MyAdapter().spread(1, 2, 3)": "wrong_arguments",
    "MyAdapter().helper()": "other_method",
    "MyAdapter().get_tools()": "other_method",
    "MyAdapter().spread": "other_method",
    "MyAdapter().TABLE": "other_method",
    "MyAdapter(1).spread(1)": "constructed_with_arguments",
    "(MyAdapter)().spread(1)": "shape",
    "f'{MyAdapter().spread(1)}'": "in_f_string",
    "keep(MyAdapter())": "instance_passed",
    "[MyAdapter()]": "instance_passed",
}


@pytest.mark.parametrize(("code", "why"), REFUSED.items(), ids=list(REFUSED))
def test_what_is_not_certain_stays_and_says_why(code: str, why: str):
    files, found = rewritten(project(f"{OLD}result = {code}\n"))

    assert files["use.py"].decode() == f"{OLD}result = {code}\n"
    assert [(one.lines.path, one.lines.first, one.code) for one in found.refused] == [("use.py", 2, why)]
    assert found.refused[0].message
    assert found.refused[0].advice


HEAD = "def execute_tool(self, tool_name, arguments, context):\n        "
WAYS = {
    "wraps": (f"{HEAD}return {{'r': self.call_tool(tool_name, **arguments)}}", "spread(1)", "dispatch_differs"),
    "awaits": (f"async {HEAD}return self.call_tool(tool_name)", "execute_tool('spread', {})", "awaits"),
    "own": (
        "def call_tool(self, tool_name, **arguments):\n        return 1",
        "call_tool('spread')",
        "dispatch_differs",
    ),
    "none": ("", "execute_tool('spread', {})", "no_execute_tool"),
}


@pytest.mark.parametrize(("dispatch", "call", "why"), WAYS.values(), ids=list(WAYS))
def test_a_class_that_goes_another_way_is_left_alone(dispatch: str, call: str, why: str):
    usual = (
        "def execute_tool(self, tool_name, arguments, context):\n        return self.call_tool(tool_name, **arguments)"
    )
    adapter = ADAPTER.replace(usual, dispatch or "pass")
    _, found = rewritten(project(f"{OLD}MyAdapter().{call}\n", adapter=adapter))

    assert [one.code for one in found.refused] == [why]
    assert not found.changes


def test_the_path_of_the_configuration_is_a_text_whatever_is_in_it():
    switch = SWITCH.__class__(
        old=SWITCH.old,
        new=SWITCH.new,
        configuration_path='C:\\a "b"',
        served=SWITCH.served,
        parameters=SWITCH.parameters,
    )
    files, _ = rewritten(project(f"{OLD}MyAdapter().spread(1)\n"), switch)

    assert b'GenericAdapter("C:\\\\a \\"b\\"")' in files["use.py"]
