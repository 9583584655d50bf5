"""A document as HTML: the body that the page shows, and one file that holds everything it needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from migrations_app.selectors.reports import svg
from migrations_app.selectors.reports.document import Bar, Block, Document, LineChart, Look, Table, Timeline

STYLES = ("snakeweb/tokens.css", "snakeweb/report.css")


@dataclass(frozen=True, slots=True)
class Part:
    """A block with the name that the template knows it by; charts that follow each other are one part.

    `charts` with their drawings, `bars` of a timeline, `heads` of a table.
    """

    kind: str
    block: Block
    charts: tuple[tuple[LineChart, SafeString], ...] = ()
    bars: tuple[tuple[Bar, SafeString], ...] = ()
    heads: tuple[tuple[str, Look], ...] = ()


@dataclass(frozen=True, slots=True)
class ShownSection:
    id: str
    title: str
    parts: tuple[Part, ...]


def sections_of(document: Document) -> tuple[ShownSection, ...]:
    return tuple(ShownSection(each.id, each.title, tuple(_parts(each.blocks))) for each in document.sections)


def context_of(document: Document) -> dict[str, Any]:
    return {"document": document, "sections": sections_of(document)}


def written(document: Document) -> str:
    """A whole file: styles and drawings are in it, nothing is fetched, nothing runs."""
    own = {"styles": styles(), "running": css_text(document.running), "proof": css_text(document.proof)}
    return render_to_string("reports/file.html", {**context_of(document), **own})


def css_text(text: str) -> str:
    """A string of CSS; whatever is no letter, digit or space is written as its number, so nothing ends it."""
    return '"' + "".join(sign if sign.isalnum() or sign == " " else f"\\{ord(sign):06x}" for sign in text) + '"'


@cache
def styles() -> str:
    """Our own files, as they are in the package; none of them holds what ends a style element."""
    return "\n".join(Path(str(finders.find(name))).read_text(encoding="utf-8") for name in STYLES)


def _parts(blocks: Sequence[Block]) -> Iterator[Part]:
    for are_charts, group in groupby(blocks, lambda block: isinstance(block, LineChart)):
        if are_charts:
            charts = tuple((block, svg.chart(block)) for block in group if isinstance(block, LineChart))
            yield Part("charts", charts[0][0], charts=charts)
        else:
            yield from map(_part, group)


def _part(block: Block) -> Part:
    kind = type(block).__name__.lower()
    if isinstance(block, Timeline):
        return Part(kind, block, bars=tuple((bar, svg.bar(bar)) for bar in block.bars))
    if isinstance(block, Table):
        return Part(kind, block, heads=tuple(zip(block.columns, block.looks, strict=True)))
    return Part(kind, block)
