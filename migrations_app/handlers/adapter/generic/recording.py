"""Writing down some of the calls that a custom adapter gets while it serves: one JSON object a line.

    class RecordedShop(recording(Shop, "/srv/shop/calls.jsonl", rate=0.05)): ...

    {"at": "2026-03-02T09:00:00+00:00", "tool": "root", "arguments": {"x": 4}}

The adapter answers as it did. Arguments may hold what nobody else should see: the file is readable for its owner only.
"""

import inspect
import json
import os
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

MOST_OF_A_LINE: Final = 64 * 1024


class Recorder:
    """`rate`: the share of calls that is written, 0 to 1. `most_bytes`: a file of that size gets no more lines; remove
    it for fresh ones. What is no JSON, and a call of more than 64 KiB, is left out. It never raises."""

    def __init__(self, path: str | Path, *, rate: float = 0.01, most_bytes: int = 8 * 1024 * 1024) -> None:
        self.path = Path(path)
        self.rate = rate
        self.most_bytes = most_bytes
        self._chance = random.Random()  # noqa: S311 - of its own, so that the tools' random numbers stay as they were

    def record(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Whether it was written."""
        if self._chance.random() >= self.rate:
            return False
        at = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            text = json.dumps({"at": at, "tool": tool, "arguments": dict(arguments)}, allow_nan=False)
            line = text.encode() + b"\n"
            return len(line) <= MOST_OF_A_LINE and self._append(line)
        except (OSError, TypeError, ValueError, RecursionError):
            return False

    def _append(self, line: bytes) -> bool:
        """In one call of the system: workers are several processes."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(line) > self.most_bytes:
                return False
            return os.write(descriptor, line) == len(line)
        finally:
            os.close(descriptor)


def recording(custom: type, path: str | Path, *, rate: float = 0.01, most_bytes: int = 8 * 1024 * 1024) -> type:
    """A subclass of `custom` that answers as it does and records its calls before it answers them."""
    recorder = Recorder(path, rate=rate, most_bytes=most_bytes)

    class Recorded(custom):  # type: ignore[misc]
        def execute_tool(self, tool_name: str, arguments: Any = None, context: Any = None) -> Any:
            recorder.record(tool_name, arguments or {})
            return super().execute_tool(tool_name=tool_name, arguments=arguments, context=context)

    class AsyncRecorded(custom):  # type: ignore[misc]
        async def execute_tool(self, tool_name: str, arguments: Any = None, context: Any = None) -> Any:
            recorder.record(tool_name, arguments or {})
            return await super().execute_tool(tool_name=tool_name, arguments=arguments, context=context)

    made = AsyncRecorded if inspect.iscoroutinefunction(custom.execute_tool) else Recorded  # type: ignore[attr-defined]
    made.__name__ = made.__qualname__ = f"Recorded{custom.__name__}"
    return made
