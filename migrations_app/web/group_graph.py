"""Migrations that wait for each other as a drawing: a column a wave, each box with how far it is.

Everything is laid out here, as numbers for SVG attributes; the template only draws, and repeats it as a table.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrations_app.selectors.related import Related

WIDTH, HEIGHT = 196, 86  # of a box
COLUMN, LANE = 252, 108  # from one box to the next one
MARGIN = 12
LETTERS = 22  # of a line of the title
LINES = 2
BAR = WIDTH - 24


@dataclass(frozen=True, slots=True)
class Box:
    """`lines` of the title with their places; `bar` is how far it is, in the drawing's units."""

    one: Related
    x: int
    y: int
    lines: tuple[tuple[int, str], ...]
    bar: float


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one: the wave it is in, counted from 1, and what it runs after."""

    one: Related
    wave: int
    after: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class GroupGraph:
    """`edges` are SVG path data, from what comes first to what waits for it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]
    rows: tuple[Row, ...]


def group_graph(waves: Sequence[Sequence[Related]], edges: Sequence[tuple[int, int]]) -> GroupGraph:
    """`edges` are (before, after) by number."""
    boxes = {
        one.id: _box(one, MARGIN + column * COLUMN, MARGIN + lane * LANE)
        for column, wave in enumerate(waves)
        for lane, one in enumerate(wave)
    }
    return GroupGraph(
        width=2 * MARGIN + WIDTH + COLUMN * max(len(waves) - 1, 0),
        height=2 * MARGIN + HEIGHT + LANE * max((len(wave) - 1 for wave in waves), default=0),
        boxes=tuple(boxes.values()),
        edges=tuple(_edge(boxes[before], boxes[after]) for before, after in edges),
        rows=_rows(waves, edges),
    )


def _rows(waves: Sequence[Sequence[Related]], edges: Sequence[tuple[int, int]]) -> tuple[Row, ...]:
    known: Mapping[int, Related] = {one.id: one for wave in waves for one in wave}
    return tuple(
        Row(one, number, tuple(known[before] for before, after in edges if after == one.id))
        for number, wave in enumerate(waves, 1)
        for one in wave
    )


def _box(one: Related, x: int, y: int) -> Box:
    title = textwrap.wrap(one.title, LETTERS, max_lines=LINES, placeholder="…")
    lines = tuple((y + 21 + 16 * row, line) for row, line in enumerate(title))
    return Box(one, x, y, lines, BAR * one.percentage / 100)


def _edge(before: Box, after: Box) -> str:
    """From the right side to the left side; level where both stand in one lane."""
    x1, y1, x2, y2 = before.x + WIDTH, before.y + HEIGHT // 2, after.x - 6, after.y + HEIGHT // 2
    if y1 == y2 and after.x - before.x == COLUMN:
        return f"M{x1} {y1}H{x2}"
    lift = 12 if y1 == y2 else 0  # past the boxes between
    middle = (x1 + x2) // 2
    if lift:
        top = before.y - lift
        return f"M{x1} {y1}C{x1 + 40} {top} {x2 - 40} {top} {x2} {y2}"
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
