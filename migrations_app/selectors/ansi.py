"""Text as programs write it to a terminal: its colours as styles by name, and nothing else of what it asks for.

The subset is SGR (`ESC [ 1 ; 31 m`): bold, dim, italic, underline, the sixteen colours before and behind the text.
Every other escape sequence and control character is left out of what people see, so that a line of a log can move no
cursor, hide no text and open no link. The stored text stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]{0,40})m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # any other control sequence
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands and their like, ended or not
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_WANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # most lines have none of it


@dataclass(frozen=True, slots=True)
class Style:
    """`colour` and `behind` are names in `COLOURS`, with `bright-` before some, or ''."""

    colour: str = ""
    behind: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        flags = [name for name in ("bold", "dim", "italic", "underline") if getattr(self, name)]
        colours = [self.colour] * bool(self.colour) + [f"on-{self.behind}"] * bool(self.behind)
        return (*flags, *colours)


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    style: Style


def plain(text: str) -> str:
    """What is read, without colours."""
    return _SEQUENCE.sub("", text) if _WANTED.search(text) else text


def pieces(text: str) -> tuple[Piece, ...]:
    """Runs of text in one style each; together they are `plain(text)`."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    style, begin = PLAIN, 0
    for found in _SEQUENCE.finditer(text):
        if found.start() > begin:
            yield Piece(text[begin : found.start()], style)
        if found["sgr"] is not None:
            style = _after(style, found["sgr"])
        begin = found.end()
    if begin < len(text):
        yield Piece(text[begin:], style)


def _after(style: Style, codes: str) -> Style:
    numbers = iter([int(code or 0) if len(code) < 4 else -1 for code in re.split("[;:]", codes)])
    for number in numbers:
        if number in (38, 48):
            _skip_colour(numbers)
        else:
            style = _one(style, number)
    return style


def _skip_colour(numbers: Iterable[int]) -> None:
    """`38;5;n` and `38;2;r;g;b`: a palette of hundreds is none of ours, so the text keeps the colour that it has."""
    rest = iter(numbers)
    for _ in range({5: 1, 2: 3}.get(next(rest, 0), 0)):
        next(rest, 0)


def _one(style: Style, number: int) -> Style:
    if number in _FLAGS:
        return replace(style, **_FLAGS[number])
    for base, bright in ((30, ""), (90, "bright-")):
        if base <= number <= base + 7:
            return replace(style, colour=bright + COLOURS[number - base])
        if base + 10 <= number <= base + 17:
            return replace(style, behind=bright + COLOURS[number - base - 10])
    return PLAIN if number == 0 else style


_FLAGS: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    39: {"colour": ""},
    49: {"behind": ""},
}
