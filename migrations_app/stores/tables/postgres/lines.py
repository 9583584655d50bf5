"""Rows as the lines of PostgreSQL's COPY text format."""

from collections.abc import Iterator
from itertools import islice

from migrations_app.stores.tables.base import Carried, Foreign
from migrations_app.stores.tables.refusals import Refused

PAGE = 1000
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ESCAPED = str.maketrans(ESCAPES)


def lines(rows: Iterator[tuple[Carried, ...]]) -> Iterator[bytes]:
    """Blocks of a thousand rows."""
    while page := list(islice(rows, PAGE)):
        yield ("\n".join(["\t".join([field(value) for value in row]) for row in page]) + "\n").encode()


def field(value: Carried) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, Foreign):
        raise Refused("A value of it is none of its column's type, or no text that PostgreSQL can hold.")
    if isinstance(value, str):
        # isprintable() is one fast look; what it lets pass needs no escape but that of the backslash.
        return value if value.isprintable() and "\\" not in value else value.translate(ESCAPED)
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)
