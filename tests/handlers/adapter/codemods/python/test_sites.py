"""Variables that hold an adapter, and every other way to speak of its class."""

import pytest

from tests.handlers.adapter.codemods.projects import project, rewritten

OLD, NEW = "from pkg.adapter import MyAdapter\n", "from generic import GenericAdapter\n"
MADE = 'GenericAdapter("/etc/tools.json")'
VARIABLES = {
    "in a function": (
        "def run(context):\n    one = MyAdapter()\n    one.set_session_context(context)\n    one.cleanup()\n"
        "    return one.spread(1)\n",
        f"def run(context):\n    one = {MADE}\n    one.set_session_context(context)\n    one.cleanup()\n"
        '    return one.execute_tool("spread", {"low": 1})\n',
    ),
    "of the module": (
        "one = MyAdapter()\nprint(one.spread(1))\n",
        f'one = {MADE}\nprint(one.execute_tool("spread", {{"low": 1}}))\n',
    ),
    "in a closure": (
        "def run():\n    one = MyAdapter()\n    return [lambda: one.spread(x) for x in one.spread(2)]\n",
        f"def run():\n    one = {MADE}\n"
        '    return [lambda: one.execute_tool("spread", {"low": x}) for x in one.execute_tool("spread", {"low": 2})]\n',
    ),
    "the same name in two functions": (
        "def a():\n    one = MyAdapter()\n    one.spread(1)\ndef b():\n    one = MyAdapter()\n    keep(one)\n",
        f'def a():\n    one = {MADE}\n    one.execute_tool("spread", {{"low": 1}})\n'
        "def b():\n    one = MyAdapter()\n    keep(one)\n",
    ),
    "hidden by a parameter": (
        "def a(MyAdapter):\n    return MyAdapter().spread(1)\nMyAdapter().spread(2)\n",
        "def a(MyAdapter):\n    return MyAdapter().spread(1)\n" + f'{MADE}.execute_tool("spread", {{"low": 2}})\n',
    ),
}


@pytest.mark.parametrize(("before", "expected"), VARIABLES.values(), ids=list(VARIABLES))
def test_a_variable_changes_with_all_of_its_uses(before: str, expected: str):
    files, _ = rewritten(project(OLD + before))
    code = files["use.py"].decode()

    assert code.replace(NEW, "").replace(OLD, "") == expected
    assert NEW in code


REFUSED = {
    "class B(MyAdapter): pass": ["subclass"],
    "isinstance(x, MyAdapter)": ["isinstance"],
    "isinstance(x, (int, MyAdapter))": ["isinstance"],
    "getattr(MyAdapter, 'spread')": ["getattr"],
    "getattr(MyAdapter(), name)(1)": ["instance_passed"],
    "getattr(module, 'MyAdapter')()": ["exported", "getattr"],
    "MyAdapter.TABLE": ["class_attribute"],
    "MyAdapter.spread(self, 1)": ["class_attribute"],
    "MyAdapter.TABLE = {}": ["patched"],
    "del MyAdapter.TABLE": ["patched"],
    "monkeypatch.setattr(MyAdapter, 'spread', fake)": ["patched"],
    "setattr(MyAdapter, 'spread', fake)": ["patched"],
    "mock.patch.object(MyAdapter, 'spread')": ["patched"],
    "mock.patch('pkg.adapter.MyAdapter.spread')": ["exported", "in_text"],
    "run(['--adapter', 'pkg.adapter.MyAdapter'])": ["exported", "in_text"],
    "importlib.import_module('pkg.adapter')": ["exported", "getattr"],
    "{'a': MyAdapter}": ["class_passed"],
    "Other = MyAdapter": ["class_passed"],
    "def f(x: MyAdapter): pass": ["annotation"],
    "def f(x) -> 'MyAdapter': pass": ["annotation"],
    "x: MyAdapter = MyAdapter()": ["annotation", "instance_passed"],
    "one = other = MyAdapter()": ["instance_passed"],
    "def f():\n    return MyAdapter()": ["instance_passed"],
    "class T:\n    one = MyAdapter()": ["instance_passed"],
    "self.one = MyAdapter()": ["instance_passed"],
    "one = MyAdapter()\nkeep(one)": ["instance_kept", "instance_passed"],
    "one = MyAdapter()\none = 2": ["bound_twice"],
    "one = MyAdapter()\none.spread = fake\none.spread(1)": ["instance_kept", "patched"],
    "one = MyAdapter()\nmatch x:\n    case {'k': one}: pass\none.spread(1)": ["bound_twice"],
    "async def f():\n    await MyAdapter().execute_tool('spread', {})": ["awaits"],
    "match x:\n    case MyAdapter(): pass": ["class_passed"],
}


@pytest.mark.parametrize(("code", "why"), REFUSED.items(), ids=list(REFUSED))
def test_everything_else_stays_and_says_why(code: str, why: list[str]):
    files, found = rewritten(project(f"{OLD}{code}\n"))

    assert files["use.py"].decode() == f"{OLD}{code}\n"
    assert sorted(one.code for one in found.refused) == why


def test_a_variable_that_another_file_may_know_stays():
    _, found = rewritten(project(f"{OLD}one = MyAdapter()\none.spread(1)\n", more="from use import one\n"))

    assert [one.code for one in found.refused] == ["variable_shared"]


def test_what_is_replaced_for_good_makes_every_file_uncertain():
    files = project(f"{OLD}MyAdapter().spread(1)\n", patches=f"{OLD}MyAdapter.spread = None\n")
    _, found = rewritten(files)

    assert [(one.lines.path, one.code) for one in found.refused] == [("patches.py", "patched"), ("use.py", "patched")]


def test_what_a_test_replaces_makes_only_its_file_uncertain():
    patching = f"{OLD}def test(monkeypatch):\n    monkeypatch.setattr(MyAdapter, 'x', 1)\n    MyAdapter().spread(1)\n"
    files, found = rewritten(project(f"{OLD}MyAdapter().spread(1)\n", test_it=patching))

    assert {one.lines.path for one in found.refused} == {"test_it.py"}
    assert b"execute_tool" in files["use.py"]
