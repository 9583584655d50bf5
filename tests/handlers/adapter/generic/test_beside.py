import asyncio
import json
from typing import Any

import pytest

from migrations_app.handlers.adapter.generic.adapter import VARIABLE
from migrations_app.handlers.adapter.generic.beside import beside


class Custom:
    def set_session_context(self, context: Any) -> None:
        self.context = context

    def execute_tool(self, tool_name: str, arguments: dict[str, Any], context: Any) -> Any:
        return ("custom", tool_name, arguments, context)


class AsyncCustom(Custom):
    async def execute_tool(self, tool_name: str, arguments: dict[str, Any], context: Any) -> Any:
        return ("custom", tool_name, arguments, context)


@pytest.fixture(autouse=True)
def configured(tmp_path, monkeypatch):
    tool = {"name": "length", "arguments": [{"name": "text"}], "result": {"step": "v1"}}
    tool["steps"] = [{"as": "v1", "call": "builtins.len", "args": [{"argument": "text"}]}]
    document = {"format": 1, "allow": {"functions": ["builtins.len"]}, "tools": [tool], "refused": {"loop": "A loop."}}
    (tmp_path / "tools.json").write_text(json.dumps(document))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "tools.json"))


def test_what_is_configured_is_served_from_it_and_the_rest_by_the_adapter_itself():
    made = beside(Custom)()
    made.set_session_context("session")

    assert made.execute_tool(tool_name="length", arguments={"text": "abc"}, context=None) == 3
    assert made.execute_tool(tool_name="loop", arguments={"x": 1}, context="c") == ("custom", "loop", {"x": 1}, "c")
    assert isinstance(made, Custom)


def test_it_takes_the_file_as_the_generic_adapter_does(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)

    assert beside(Custom)(str(tmp_path / "tools.json")).execute_tool("length", {"text": "abc"}) == 3


def test_of_an_async_adapter_both_are_awaited():
    made = beside(AsyncCustom)()

    assert asyncio.run(made.execute_tool("length", {"text": "abc"})) == 3
    assert asyncio.run(made.execute_tool("loop", {"x": 1}, "c")) == ("custom", "loop", {"x": 1}, "c")
