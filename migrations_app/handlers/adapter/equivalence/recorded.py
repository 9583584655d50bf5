"""Recorded calls: one JSON object a line, `{"tool": name, "arguments": {...}}`; what else it says is not looked at."""

import json
from typing import Any


def recorded_calls(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """Arguments by tool, in their order. Raises ValueError that names each line that is none."""
    calls: dict[str, list[dict[str, Any]]] = {}
    wrong: list[int] = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        match found:
            case {"tool": str(tool), "arguments": dict(arguments)}:
                calls.setdefault(tool, []).append(arguments)
            case _:
                wrong.append(number)
    if wrong:
        lines = ", ".join(map(str, wrong[:10])) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        raise ValueError(
            f'No recorded call stands in line {lines}: {{"tool": name, "arguments": {{...}}}} is asked for.'
        )
    return calls
