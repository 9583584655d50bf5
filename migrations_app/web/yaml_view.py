"""A YAML document by lines, its keys apart, so that they can be coloured without a word of it being changed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django import template

register = template.Library()
_KEY = re.compile(r"( *)([A-Za-z_][A-Za-z0-9_]*)(:(?: .*)?)")
_BLOCK = re.compile(r": [|>][-+0-9]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """The line is `before`, `key` and `rest`, one after the other. Lines of a text have no key."""

    before: str
    key: str
    rest: str


@register.filter
def yaml_lines(text: str) -> Iterator[Line]:
    """Of a document that `services/documents.py` has written."""
    text_of: int | None = None  # the indent of the key whose lines of text these are
    for line in text.removesuffix("\n").split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if text_of is not None and (not line.strip() or indent > text_of):
            yield Line(line, "", "")
            continue
        text_of = indent if _BLOCK.search(line) else None
        found = _KEY.fullmatch(line)
        yield Line(*found.groups()) if found else Line(line, "", "")
