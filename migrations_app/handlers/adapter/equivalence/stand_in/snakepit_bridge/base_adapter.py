"""Adapters with decorated tools (Snakepit 0.4 on)."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass
class ParameterSpec:
    name: str
    type: str = "any"
    required: bool = True
    default: Any = None


@dataclass
class ToolMetadata:
    name: str
    description: str = ""
    supports_streaming: bool = False
    parameters: list[ParameterSpec] = field(default_factory=list)
    required_variables: list[str] = field(default_factory=list)


def tool(
    description: str = "", supports_streaming: bool = False, required_variables: list[str] | None = None
) -> Callable[[Method], Method]:
    def decorated(method: Method) -> Method:
        metadata = ToolMetadata(method.__name__, description or (method.__doc__ or "").strip(), supports_streaming)
        metadata.required_variables = list(required_variables or ())
        method._tool_metadata = metadata  # type: ignore[attr-defined]
        return method

    return decorated


class BaseAdapter:
    def __init__(self) -> None:
        self.session_context: Any = None

    @property
    def session_id(self) -> Any:
        return getattr(self.session_context, "session_id", None)

    def set_session_context(self, session_context: Any) -> None:
        self.session_context = session_context

    def get_tools(self) -> list[Any]:
        methods = [method for _, method in inspect.getmembers(self, inspect.ismethod)]
        return [method._tool_metadata for method in methods if hasattr(method, "_tool_metadata")]

    def call_tool(self, tool_name: str, **arguments: Any) -> Any:
        method = getattr(self, tool_name, None)
        if method is None or not hasattr(method, "_tool_metadata"):
            raise AttributeError(f"Tool '{tool_name}' not found in {type(self).__name__}")
        return method(**arguments)

    def register_with_session(self, _session_id: str, _stub: Any) -> list[str]:
        return [metadata.name for metadata in self.get_tools()]
