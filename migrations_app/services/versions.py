"""Edits say which version they have seen, so that nobody's work is overwritten unseen."""

from collections.abc import Collection
from typing import Any

from migrations_app.services.errors import StaleEdit

Seen = Collection[int] | None  # the versions that an edit may be of; None: it does not say


def require_seen(what: str, newest: int, seen: Seen, fix: str = "Load it again and repeat your change.") -> None:
    """Under the lock of the thing. Raises StaleEdit when it is at another version by now; nothing was changed."""
    if seen is None or newest in seen:
        return
    known = f", you saw {max(seen)}" if any(version > 0 for version in seen) else ""
    raise StaleEdit(
        f"{what} was changed meanwhile: it is at version {newest}{known}. Nothing was changed now.",
        fix,
        details={"version": newest},
    )


def next_version(row: Any, what: str, seen: Seen) -> None:
    """The same for a row with a `version`, which grows; the caller saves it."""
    require_seen(what, row.version, seen)
    row.version += 1
