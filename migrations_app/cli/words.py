"""Values from the API as words for a terminal."""

import json
from typing import Any

from rich.markup import escape


def plain(value: Any) -> str:
    """One line, without control characters and without markup: titles come from people."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape("".join(c if c.isprintable() else " " for c in text))


def duration(seconds: int) -> str:
    minutes, seconds = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
