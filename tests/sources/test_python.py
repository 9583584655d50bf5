import pytest

from migrations_app.sources.places import SourceTooDeep
from migrations_app.sources.python import read

CODE = b"""
import snakepit_bridge.core
from snakepit_bridge.base_adapter import BaseAdapter, tool
from .local import x

class Mine(BaseAdapter, pkg.Other):
    __thread_safe__ = True
    limit: int = 3

    def execute_tool(self, tool_name, arguments, context):
        return context.get_variable("a", default={"b": "c"})

    async def later(self): ...

def helper(): ...
"""


def test_imports_classes_calls_and_functions():
    source = read(CODE)

    assert [(one.module, one.name, one.place.line) for one in source.imports] == [
        ("snakepit_bridge.core", "", 2),
        ("snakepit_bridge.base_adapter", "BaseAdapter", 3),
        ("snakepit_bridge.base_adapter", "tool", 3),
    ]
    [mine] = source.classes
    assert (mine.name, mine.bases) == ("Mine", ("BaseAdapter", "pkg.Other"))
    assert (mine.methods, mine.attributes) == ({"execute_tool": False, "later": True}, ("__thread_safe__", "limit"))
    assert [(call.name, set(call.texts)) for call in source.calls] == [("context.get_variable", {"a", "b", "c"})]
    assert source.functions == ("helper",)
    assert source.broken == ()


def test_a_call_of_what_a_call_answered_has_a_name_too():
    assert [call.name for call in read(b"f(1).g.h(2)").calls] == ["?.g.h", "f"]


@pytest.mark.parametrize(
    ("code", "line"), [(b"x = 1\nprint 'a'\n", 2), (b"a\0b", 1), (b"# coding: nope\n", 1), (b"\xff", 1)]
)
def test_what_is_no_python_is_broken_and_nothing_else(code, line):
    source = read(code)

    assert [place.line for place in source.broken] == [line]
    assert not source.imports


def test_what_is_nested_too_deep_is_said():
    with pytest.raises(SourceTooDeep):
        read(b"x = " + b"-" * 200_000 + b"1")
