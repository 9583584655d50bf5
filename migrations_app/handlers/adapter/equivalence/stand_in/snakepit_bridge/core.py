"""Command handlers of the time before gRPC (Snakepit 0.1 to 0.3)."""

import time
from collections.abc import Callable
from typing import Any


class BaseCommandHandler:
    def __init__(self) -> None:
        self._command_registry: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.start_time = time.time()
        self.request_count = 0
        self._register_commands()

    def _register_commands(self) -> None:
        raise NotImplementedError

    def register_command(self, command: str, handler: Callable[[dict[str, Any]], Any]) -> None:
        self._command_registry[command] = handler

    def get_supported_commands(self) -> list[str]:
        return list(self._command_registry)

    def process_command(self, command: str, args: dict[str, Any]) -> Any:
        self.request_count += 1
        handler = self._command_registry.get(command)
        if handler is None:
            raise ValueError(f"Unknown command: {command}")
        return handler(args)
