"""What Snakepit's worker instantiates for each request."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .configuration import Configuration, Tool, read
from .errors import ConfigurationRefused, ToolRefused, UnknownTool
from .serving import serve

VARIABLE: Final = "SNAKEPIT_GENERIC_ADAPTER"
# A worker makes an adapter for each request, so what was read lives here: by path, with what the file looked like.
_READ: dict[str, tuple[tuple[int, int], Configuration]] = {}


class GenericAdapter:
    """Serves the tools of a file: the one that it is given, that a subclass names, or SNAKEPIT_GENERIC_ADAPTER.

    It keeps nothing between requests but the configuration, which is read again when the file changes.
    """

    __thread_safe__ = True
    configuration_file: str = ""

    def __init__(self, configuration_file: str = "") -> None:
        self.session_context: Any = None
        self._configuration = _configuration(
            configuration_file or self.configuration_file or os.environ.get(VARIABLE, "")
        )

    def set_session_context(self, session_context: Any) -> None:
        self.session_context = session_context

    def get_tools(self) -> list[dict[str, Any]]:
        """Name, description, parameters and `supports_streaming`, which is always false."""
        return [_described(tool) for _, tool in sorted(self._configuration.tools.items())]

    def serves(self, tool_name: str) -> bool:
        return tool_name in self._configuration.tools

    def execute_tool(self, tool_name: str, arguments: Mapping[str, Any] | None = None, context: Any = None) -> Any:
        """Raises UnknownTool, ToolRefused, StreamRefused, WrongArguments, NotAllowed, or what the library raises."""
        tool = self._configuration.tools.get(tool_name)
        if tool is not None:
            return serve(tool, arguments or {}, self._configuration.allow)
        if reason := self._configuration.refused.get(tool_name):
            raise ToolRefused(f"The tool {tool_name!r} is not served by the generic adapter: {reason}")
        there = ", ".join(sorted(self._configuration.tools)) or "none"
        raise UnknownTool(
            f"There is no tool {tool_name!r} in the configuration of the generic adapter. There are: {there}."
        )

    def cleanup(self) -> None:
        """Nothing is kept."""


def _configuration(path: str) -> Configuration:
    """Raises ConfigurationRefused."""
    if not path:
        raise ConfigurationRefused((f"No file is named: set {VARIABLE} in the pool's adapter_env.",))
    try:
        status = Path(path).stat()
        seen = (status.st_mtime_ns, status.st_size)
        known = _READ.get(path)
        if known is None or known[0] != seen:
            known = _READ[path] = (seen, read(Path(path).read_bytes()))
    except OSError as error:
        raise ConfigurationRefused((f"The file {path} cannot be read: {error.strerror}.",)) from error
    return known[1]


def _described(tool: Tool) -> dict[str, Any]:
    parameters = [
        {"name": one.name, "type": one.type, "required": one.required}
        | ({} if one.required else {"default": one.default})
        for one in tool.arguments
    ]
    return {"name": tool.name, "description": tool.description, "parameters": parameters, "supports_streaming": False}
