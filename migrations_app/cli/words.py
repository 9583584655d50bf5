"""Values from the API as words for a terminal."""

import json
from typing import Any

from rich.markup import escape


def line(value: Any) -> str:
    """One line without control characters: titles come from people, and a terminal obeys what it is sent."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else " " for c in text)


def plain(value: Any) -> str:
    """The same, also without markup."""
    return escape(line(value))


def duration(seconds: int) -> str:
    minutes, seconds = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
