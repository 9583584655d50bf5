import asyncio

import pytest

from migrations_app.handlers.adapter.equivalence.inside import serving
from migrations_app.handlers.adapter.equivalence.inside.serving import Context, decoded, load, request


class Plain:
    made = 0

    def __init__(self):
        type(self).made += 1
        self.said = []

    def set_session_context(self, context):
        self.said.append(context.session_id)

    def initialize(self):
        self.said.append("initialized")

    def execute_tool(self, tool_name, arguments, context):
        return [*self.said, tool_name, arguments, type(context).__name__]


class Later(Plain):
    async def initialize(self):
        await asyncio.sleep(0)
        self.said.append("later")

    async def execute_tool(self, name, given, _context):
        return [*self.said, name, given]


class Commands:
    def process_command(self, command, args):
        return command, args


def test_as_the_worker_asks():
    assert request(Plain, "t", {"x": 1}) == ["comparison", "initialized", "t", {"x": 1}, "Context"]
    assert request(Plain, "t", {})[0] == "comparison"
    assert Plain.made == 2, "a new one for each request"


def test_awaited_where_it_is_to_be_and_positional_where_its_names_are_others():
    assert request(Later, "t", {}) == ["comparison", "later", "t", {}]


def test_a_command_handler_without_execute_tool():
    assert request(Commands, "t", {"x": 1}) == ("t", {"x": 1})


def test_it_is_cleaned_up_whatever_happens():
    done = []

    class Failing(Plain):
        def execute_tool(self, tool_name, arguments, context):
            raise LookupError(tool_name)

        def cleanup(self):
            done.append(True)

    with pytest.raises(LookupError):
        request(Failing, "t", {})
    assert done == [True]


def test_bytes_are_read_and_nothing_is_shared():
    written = {"a": {"__bytes__": "AP8="}, "b": [{"c": 1}], "d": {"__bytes__": "", "e": 1}}
    found = decoded(written)

    assert found == {"a": b"\x00\xff", "b": [{"c": 1}], "d": {"__bytes__": "", "e": 1}}
    assert found["b"] is not written["b"]


def test_a_class_by_its_path():
    assert load(serving.__name__, "Context") is Context
    with pytest.raises(RuntimeError, match="no Elixir node"):
        Context().call_elixir_tool("answer")
