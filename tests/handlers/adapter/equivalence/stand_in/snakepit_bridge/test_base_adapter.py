import pytest

from migrations_app.handlers.adapter.equivalence.stand_in.snakepit_bridge.base_adapter import BaseAdapter, tool


class Adapter(BaseAdapter):
    @tool(description="Adds.", required_variables=["a"])
    def add(self, left, right=1):
        return left + right

    @tool()
    def documented(self):
        """Said here."""

    def hidden(self):
        return "no tool"


def test_a_tool_is_called_by_its_name():
    assert Adapter().call_tool("add", left=1, right=2) == 3
    for name in ("hidden", "missing"):
        with pytest.raises(AttributeError, match=f"Tool '{name}' not found in Adapter"):
            Adapter().call_tool(name)


def test_tools_are_found_with_what_the_decorator_says():
    found = {one.name: one for one in Adapter().get_tools()}

    assert (found["add"].description, found["add"].required_variables) == ("Adds.", ["a"])
    assert found["documented"].description == "Said here."
    assert Adapter().register_with_session("s", None) == ["add", "documented"]


def test_the_session_is_that_of_the_context():
    adapter = Adapter()
    assert adapter.session_id is None
    adapter.set_session_context(type("Context", (), {"session_id": "s"}))
    assert adapter.session_id == "s"
