"""Recorded calls: one JSON object a line, `{"tool": name, "arguments": {...}}`; what else it says is not looked at."""

from typing import Any

from migrations_app.handlers.adapter.samples import recorded_call


def recorded_calls(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """Arguments by tool, in their order. Raises ValueError that names each line that is none."""
    calls: dict[str, list[dict[str, Any]]] = {}
    wrong: list[int] = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        found = recorded_call(line)
        if found is None:
            wrong.append(number)
        else:
            calls.setdefault(found[0], []).append(found[1])
    if wrong:
        lines = ", ".join(map(str, wrong[:10])) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        raise ValueError(
            f'No recorded call stands in line {lines}: {{"tool": name, "arguments": {{...}}}} is asked for.'
        )
    return calls
