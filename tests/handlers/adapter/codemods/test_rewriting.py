"""A whole project."""

import ast
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.handlers.adapter.codemods import rewriting
from migrations_app.handlers.adapter.codemods.rewriting import rewrite
from tests.handlers.adapter.codemods.projects import SWITCH, project, rewritten

LINES = st.sampled_from(
    (
        "# MyAdapter().spread(1)",
        "x = 1  # ä",
        "text = '''pkg\n  MyAdapter().spread(1)\n'''",
        "def f(a, *, b=2):\n    # inside\n\n    return [a, b]",
        "class Other:\n\tdef spread(self, low): return low",
        "Other2 = None; y = {'MyAdapter': 2,\n   }",
        "",
        "if x: pass\nelse:\n    x = (  1 ,\n 2)",
    )
)
SITES = st.sampled_from(
    (
        ("MyAdapter().spread(1, 2)", '<>.execute_tool("spread", {"low": 1, "count": 2})'),
        ("z = MyAdapter().spread(  low = 1)", 'z = <>.execute_tool("spread", {  "low": 1})'),
        ("MyAdapter().execute_tool('spread', {})", "<>.execute_tool('spread', {})"),
        (
            "def g():\n    a = MyAdapter()\n    return a.spread()",
            'def g():\n    a = <>\n    return a.execute_tool("spread", {})',
        ),
    )
)
PARTS = st.lists(st.one_of(LINES.map(lambda line: (line, line)), SITES), min_size=1, max_size=8)


@given(parts=PARTS, newline=st.sampled_from(("\n", "\r\n")), last=st.booleans())
@settings(max_examples=60, deadline=None)
def test_all_that_is_no_place_stays_byte_for_byte(parts: list[tuple[str, str]], newline: str, last: bool):
    made = 'GenericAdapter("/etc/tools.json")'
    called = any("<>" in after for _, after in parts)
    before = newline.join(["from pkg.adapter import MyAdapter", *(old for old, _ in parts)])
    expected = newline.join(["from generic import GenericAdapter", *(new.replace("<>", made) for _, new in parts)])
    end = newline if last else ""
    code = before.replace("\r\n", "\n").replace("\n", newline) + end
    files, found = rewritten(project(code.encode()))

    if called:
        assert files["use.py"].decode() == expected.replace("\r\n", "\n").replace("\n", newline) + end
        ast.parse(files["use.py"])
        assert not found.refused
    else:
        assert files["use.py"].decode() == code


def test_a_project_without_the_adapter_is_left_alone():
    assert rewrite({"a.py": b"x = 1\n", "b.bin": b"\xff"}, SWITCH).changes == ()


def test_what_was_asked_before_is_remembered_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rewriting, "MOST_REMEMBERED", 1)
    files = project(b"from pkg.adapter import MyAdapter\nMyAdapter().spread(1, 2)\n")
    first = rewrite(files, SWITCH)

    assert rewrite(dict(reversed(files.items())), SWITCH) is first
    assert rewrite(files, replace(SWITCH, renamed={"spread": "spray"})) != first
    assert rewrite({**files, "use.py": b"x = 1\n"}, SWITCH).changes == ()
    again = rewrite(files, SWITCH)
    assert (again == first, again is first) == (True, False)
