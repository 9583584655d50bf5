"""A custom adapter that goes on serving what the configuration does not have."""

import asyncio
import inspect
from typing import Any

from .adapter import GenericAdapter


def beside(custom: type) -> type:
    """A subclass of `custom`: tools of the configuration are served from it, every other one by `custom` itself.

    `custom` has Snakepit's execute_tool, plain or async, and is made without arguments. The subclass takes the file of
    the configuration as `GenericAdapter` does.
    """

    class Beside(custom):  # type: ignore[misc]
        def __init__(self, configuration_file: str = "") -> None:
            super().__init__()
            self._beside = configuration_file

        def execute_tool(self, tool_name: str, arguments: Any = None, context: Any = None) -> Any:
            generic = GenericAdapter(self._beside)
            if generic.serves(tool_name):
                return generic.execute_tool(tool_name, arguments, context)
            return super().execute_tool(tool_name=tool_name, arguments=arguments, context=context)

    class AsyncBeside(Beside):
        async def execute_tool(self, tool_name: str, arguments: Any = None, context: Any = None) -> Any:
            generic = GenericAdapter(self._beside)
            if generic.serves(tool_name):
                return await asyncio.to_thread(generic.execute_tool, tool_name, arguments, context)
            return await super().execute_tool(tool_name=tool_name, arguments=arguments, context=context)

    made = AsyncBeside if inspect.iscoroutinefunction(custom.execute_tool) else Beside  # type: ignore[attr-defined]
    made.__name__ = made.__qualname__ = f"{custom.__name__}Beside"
    return made
