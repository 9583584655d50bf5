"""Page sizes, so that a page of large values does not fill the memory; and cursors as JSON text."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import SessionRecord

PAGE_BYTES = 16 * 1024 * 1024
FIRST_PAGE = 200  # until a page has shown how large values are


class PageBudget:
    """How many records the next page may ask for, judged by the largest average seen in recent pages."""

    def __init__(self) -> None:
        self._average = 0.0

    def rows(self, limit: int) -> int:
        """At least 1, at most `limit`."""
        if not self._average:
            return max(1, min(limit, FIRST_PAGE))
        return max(1, min(limit, int(PAGE_BYTES / self._average)))

    def saw(self, records: Sequence[SessionRecord]) -> None:
        if records:
            average = sum(len(record.value) for record in records) / len(records) + 64
            self._average = max(average, self._average * 0.9)


def take(names: Sequence[str], size: int, limit: int, holds: Callable[[str], bool]) -> tuple[list[str], int | None]:
    """The first `limit` of `names[:size]` that a partition holds, and where the next page begins.

    `names` has one more than `size` when there are more; None: there is no next page.
    """
    wanted: list[str] = []
    for place, name in enumerate(names[:size]):
        if holds(name):
            if len(wanted) == limit:
                return wanted, place
            wanted.append(name)
    return wanted, size if len(names) > size else None


def separator(before: str, after: str) -> str:
    """The shortest beginning of `after` that sorts behind `before`: a cursor must not hold a whole session id."""
    for length in range(1, len(after)):
        if after[:length].encode() > before.encode():
            return after[:length]
    return after


def write_cursor(**parts: Any) -> str:
    return json.dumps(parts, separators=(",", ":"))


def read_cursor(cursor: str) -> Mapping[str, Any]:
    """Raises ValidationFailed for text that no store wrote."""
    try:
        parts = json.loads(cursor)
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        raise ValidationFailed("The scan cannot go on: its cursor is not one that a session store wrote.")
    return parts
