"""Recorded calls of a deployment, one JSON object a line:

{"at": "2026-03-02T09:00:00+00:00", "tool": "root", "arguments": {"x": 4}}
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.files.reading import placed, read

MOST_OF_A_TOOL: Final = 1_000  # of one tool the newest count


@dataclass(frozen=True, slots=True)
class Samples:
    """`calls`: arguments by tool, the oldest first. `unread`: lines that are no such object. `old`: those that were too
    old or did not say when they were. `newest` is '' where no line says when it was."""

    calls: Mapping[str, tuple[Mapping[str, Any], ...]]
    unread: int = 0
    old: int = 0
    newest: str = ""

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        counts = {tool: len(calls) for tool, calls in sorted(self.calls.items())}
        return {"tools": counts, "unread": self.unread, "old": self.old, "newest": self.newest}


def recorded_in(root: Path, name: str) -> bytes:
    """`name` is a path in the project. Raises FileUnusable, ValidationFailed for one that leads out of it."""
    if Path(name).is_absolute():
        raise ValidationFailed(f"“{name}” is no path in the project. Give it as it stands below {root}.")
    return read(placed(root / name, (root,)), roots=(root,))


def samples_in(content: bytes, *, since: datetime | None = None) -> Samples:
    """Every line that is a recorded call; with `since` only those that say that they are not older."""
    calls: dict[str, list[Mapping[str, Any]]] = {}
    unread = old = 0
    newest: datetime | None = None
    for line in content.splitlines():
        if not line.strip():
            continue
        found = recorded_call(line)
        if found is None:
            unread += 1
            continue
        tool, arguments, at = found
        newest = max(filter(None, (newest, at)), default=None)
        if since is not None and (at is None or at < since):
            old += 1
            continue
        calls.setdefault(tool, []).append(arguments)
    kept = {tool: tuple(found[-MOST_OF_A_TOOL:]) for tool, found in calls.items()}
    return Samples(kept, unread, old, newest.isoformat() if newest else "")


def lacking(samples: Samples, tools: Collection[str], least: int, *, path: str, age: timedelta | None) -> list[Problem]:
    """A problem for each tool of which fewer than `least` were recorded."""
    young = f" in the last {int(age.total_seconds() // 3600)} hours" if age else ""
    return [
        Problem(
            "parameters.recorded",
            f"{path} has {len(samples.calls.get(tool, ()))} calls of {tool}{young}; {least} are asked for.",
            "Record for longer or at a higher rate, ask for fewer, or leave the tool with a person (edits).",
            "too_few_recorded",
        )
        for tool in sorted(tools)
        if len(samples.calls.get(tool, ())) < least
    ]


def recorded_call(line: bytes) -> tuple[str, dict[str, Any], datetime | None] | None:
    """Tool, arguments, and when it was where that is said; None for a line that is no recorded call."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("tool"), str):
        return None
    arguments = found.get("arguments")
    return (found["tool"], arguments, _moment(found.get("at"))) if isinstance(arguments, dict) else None


def _moment(text: object) -> datetime | None:
    """Without a time zone it is UTC."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
