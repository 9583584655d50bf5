import pytest

from migrations_app.handlers.adapter.equivalence.recorded import recorded_calls


def test_arguments_by_tool_in_their_order():
    content = b"""
{"tool": "a", "arguments": {"x": 1}}
{"tool": "b", "arguments": {}, "at": "now"}
{"tool": "a", "arguments": {"x": 2}}"""
    assert recorded_calls(content) == {"a": [{"x": 1}, {"x": 2}], "b": [{}]}


def test_every_line_that_is_none_is_named():
    content = b'{"tool": "a", "arguments": {}}\nno\n{"tool": 1, "arguments": {}}\n[1]\n{"tool": "a"}\n' + b"[" * 100_000
    with pytest.raises(ValueError, match="in line 2, 3, 4, 5, 6: "):
        recorded_calls(content)
    with pytest.raises(ValueError, match="line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 5 more"):
        recorded_calls(b"x\n" * 15)
