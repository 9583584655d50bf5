"""Any text in a PDF: each character in a font that has it, or as its number.

Helvetica and Courier are in every reader, and have the characters of Western Europe. Vera comes with ReportLab and has
those of the rest of Latin; DejaVu, where the machine has it, has Greek and Cyrillic as well; the signs of China, Japan
and Korea stand in fonts that readers bring along.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

_NUMBER = len("[U+0627]")
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")  # of Debian's package fonts-dejavu-core
_ASIAN = (("HYSMyeongJo-Medium", ((0xAC00, 0xD7A3), (0x1100, 0x11FF))), ("HeiseiMin-W3", ((0x3040, 0x30FF),)),
          ("STSong-Light", ((0x3000, 0x303F), (0x3400, 0x9FFF), (0xFF00, 0xFFEF))))  # fmt: skip


def markup(text: str) -> str:
    """For a paragraph of ReportLab's: escaped, with the fonts that it takes."""
    if text.isascii():
        return escape(text)
    parts = []
    for font, signs in itertools.groupby(text, font_of):
        run = "".join(signs)
        if font is None:
            parts.append("".join(f"[U+{ord(sign):04X}]" for sign in run))
        else:
            parts.append(f'<font face="{font}">{escape(run)}</font>' if font else escape(run))
    return "".join(parts)


def short(text: str, most: int) -> str:
    """At most `most` characters as they are drawn, those that are numbers counted with theirs; the other forms have
    the whole. For what cannot be parted between two pages: one that is higher than a page would never be placed."""
    drawn = itertools.accumulate(1 if font_of(sign) is not None else _NUMBER for sign in text)
    kept = sum(1 for width in drawn if width <= most)
    return text if kept == len(text) else f"{text[:kept].rstrip()}…"


def plain(text: str) -> str:
    """For texts that are drawn in one font: what that one lacks becomes its number."""
    return "".join(sign if _is_western(sign) else f"[U+{ord(sign):04X}]" for sign in text)


def font_of(sign: str) -> str | None:
    """'' for the paragraph's own; None where no font has it."""
    if _is_western(sign):
        return ""
    return next((name for name, has in _fallbacks() if has(ord(sign))), None)


@cache
def _is_western(sign: str) -> bool:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return sign.isprintable() or sign == "\n"


@cache
def _fallbacks() -> tuple[tuple[str, Callable[[int], bool]], ...]:
    return tuple(_registered())


def _registered() -> Iterator[tuple[str, Callable[[int], bool]]]:
    for name, path in (("Vera", "Vera.ttf"), ("DejaVu", str(_DEJAVU))):
        try:
            font = TTFont(name, path)
        except (TTFError, OSError):
            continue
        pdfmetrics.registerFont(font)
        yield name, font.face.charToGlyph.__contains__
    for name, ranges in _ASIAN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
        yield name, partial(_lies_in, ranges)


def _lies_in(ranges: tuple[tuple[int, int], ...], code: int) -> bool:
    return any(first <= code <= last for first, last in ranges)
