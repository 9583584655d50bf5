"""What adapters name in annotations; the comparison hands in one of its own."""

from typing import Any


class SessionContext:
    def __init__(self, stub: Any = None, session_id: str = "", request_metadata: Any = None) -> None:
        self.stub = stub
        self.session_id = session_id
        self.request_metadata = dict(request_metadata or {})
        self.elixir_tools: dict[str, Any] = {}

    def call_elixir_tool(self, tool_name: str, **_: Any) -> Any:
        raise RuntimeError(f"There is no Elixir node that could serve {tool_name!r}.")
