"""A document as Markdown (GitHub's tables); what is drawn elsewhere is said in a sentence and a table."""

import re
from collections.abc import Iterator

from migrations_app.selectors.reports.document import (
    Block,
    Cell,
    Document,
    FactList,
    Heading,
    KeyFigures,
    LineChart,
    Look,
    Notice,
    Paragraph,
    Table,
    Timeline,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")
_SIGNS = {"good": "✓ ", "warn": "⚠ ", "bad": "✗ "}


def written(document: Document) -> str:
    parts = [
        f"# {text(document.title)}",
        f"**{text(document.subtitle)}** · {text(document.badge.text)} · {text(document.running)}",
    ]
    for section in document.sections:
        parts.append(f"## {text(section.title)}")
        parts += [part for block in section.blocks for part in _block(block)]
    parts += ["---", text(document.proof)]
    return "\n\n".join(parts) + "\n"


def text(value: str) -> str:
    """As it is, whatever stands in it: nothing of a title becomes a heading, a link or HTML."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", value).strip())


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"### {text(block.text)}"
    elif isinstance(block, Paragraph):
        yield text(block.text)
    elif isinstance(block, Notice):
        yield _notice(block)
    elif isinstance(block, KeyFigures):
        yield _table(("Figure", ""), (False, True), [(text(label), text(value)) for value, label in block.items])
    elif isinstance(block, FactList):
        yield _table(("Fact", "Value"), (False, False), [(text(name), _cell(cell)) for name, cell in block.items])
    elif isinstance(block, Table):
        numbers = tuple(look is Look.NUMBER for look in block.looks)
        yield _table(block.columns, numbers, [tuple(map(_cell, row)) for row in block.rows])
        if block.left_out:
            yield f"*{text(block.left_out)}*"
    elif isinstance(block, LineChart):
        yield f"**{text(block.title)}**, {text(block.unit)}: {text(block.said)}"
    elif isinstance(block, Timeline):
        yield f"{text(block.label)}."


def _notice(block: Notice) -> str:
    lines = [f"> {_SIGNS.get(block.tone, '')}**{text(block.text)}**"]
    if block.points:
        lines.append(">")
    lines += [
        f"> {f'{number}.' if block.ordered else '-'} {text(point)}" for number, point in enumerate(block.points, 1)
    ]
    return "\n".join(lines)


def _table(columns: tuple[str, ...], numbers: tuple[bool, ...], rows: list[tuple[str, ...]]) -> str:
    head = f"| {' | '.join(text(column) or ' ' for column in columns)} |"
    rule = f"|{'|'.join(' ---: ' if number else ' --- ' for number in numbers)}|"
    return "\n".join([head, rule, *(f"| {' | '.join(row)} |" for row in rows)])


def _cell(cell: Cell) -> str:
    shown = (
        f"`{cell.text}`"
        if cell.look is Look.CODE and "`" not in cell.text and "|" not in cell.text
        else text(cell.text)
    )
    return f"{shown}<br>{text(cell.sub)}" if cell.sub else shown
