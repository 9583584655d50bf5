import pytest

from migrations_app.handlers.adapter.equivalence.stand_in.snakepit_bridge.session_context import SessionContext


def test_it_knows_its_session_and_no_node():
    context = SessionContext(session_id="s", request_metadata={"a": "b"})

    assert (context.session_id, context.request_metadata, context.elixir_tools) == ("s", {"a": "b"}, {})
    with pytest.raises(RuntimeError, match="no Elixir node"):
        context.call_elixir_tool("answer", question=1)
