"""A document as PDF, by ReportLab: its wheels need nothing of the machine, and it draws what the page draws."""

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, PageTemplate, Spacer, Table
from reportlab.platypus import Paragraph as Lines

from migrations_app.selectors.reports import pdf_style as style
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
    Section,
    Timeline,
    Tone,
)
from migrations_app.selectors.reports.document import Table as TableBlock
from migrations_app.selectors.reports.pdf_chart import drawn
from migrations_app.selectors.reports.pdf_pages import NumberedPages
from migrations_app.selectors.reports.pdf_text import markup, plain, short

_FIGURES_A_ROW = 4
_FACTS_A_ROW = 2
_PAIR = (0.19, 0.31)  # of the width: name and value of a fact
_PAD = 5
_LEAST_ROOM = 32 * mm  # a section begins on the next page when less is left
_BARS_TOGETHER = 12  # of the end of a timeline: no page between them and their axis
_BAR = 6.5  # points high
_HEADING = 400  # characters, as drawn
_LABEL = 120  # of a bar


class _Report(BaseDocTemplate):  # type: ignore[misc]
    """Remembers where sections begin, so that readers show them in their outline."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  named by ReportLab
        section = getattr(flowable, "section", None)
        if section is not None:
            self.canv.bookmarkPage(section.id)
            self.canv.addOutlineEntry(plain(section.title), section.id, level=0)


def written(document: Document) -> bytes:
    out = io.BytesIO()
    frame = Frame(style.SIDE, style.FOOT, style.ROOM, style.HEIGHT - style.HEAD - style.FOOT, 0, 0, 0, 0, id="page")
    pages = _Report(
        out,
        pagesize=(style.WIDTH, style.HEIGHT),
        pageTemplates=[PageTemplate(id="page", frames=[frame])],
        title=plain(f"{document.subtitle}: {document.title}"),
        author="Snakeweb",
        subject=plain(document.proof),
        lang="en",
        invariant=1,
    )
    story: list[Flowable] = [*_head(document)]
    for section in document.sections:
        story += _section(section)
    while isinstance(story[-1], Spacer):  # where the last page is full, it would begin an empty one
        story.pop()
    pages.build(story, canvasmaker=NumberedPages.running(plain(document.running), plain(document.proof)))
    return out.getvalue()


def _head(document: Document) -> Iterator[Flowable]:
    yield Lines(markup(document.subtitle), style.KIND)
    yield Spacer(0, 3)
    yield Lines(markup(document.title), style.TITLE)
    yield Spacer(0, 4)
    yield Lines(f"{_badge(document.badge)} &nbsp; {markup(document.running)}", style.QUIET)
    yield Spacer(0, 6)
    yield _rule(style.ACCENT, 2)


def _section(section: Section) -> Iterator[Flowable]:
    yield CondPageBreak(_LEAST_ROOM)
    title = Lines(markup(section.title), style.SECTION)
    title.section = section
    yield title
    for is_chart, blocks in groupby(section.blocks, lambda block: isinstance(block, LineChart)):
        if is_chart:
            yield _side_by_side([drawn(block, style.ROOM / 2 - 6) for block in blocks if isinstance(block, LineChart)])
            continue
        for block in blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[Flowable]:
    if isinstance(block, Heading):
        yield Lines(markup(short(block.text, _HEADING)), style.HEADING)
    elif isinstance(block, Paragraph):
        yield Lines(markup(block.text), style.TEXT)
        yield Spacer(0, 4)
    elif isinstance(block, Notice):
        yield from _notice(block)
    elif isinstance(block, KeyFigures):
        yield _figures(block)
        yield Spacer(0, 8)
    elif isinstance(block, FactList):
        yield _facts(block)
        yield Spacer(0, 4)
    elif isinstance(block, TableBlock):
        yield from _table(block)
    elif isinstance(block, Timeline):
        yield from _timeline(block)


def _notice(block: Notice) -> Iterator[Flowable]:
    rows: list[list[Any]] = [[Lines(markup(block.text), style.BOLD)]]
    for number, point in enumerate(block.points, 1):
        mark = f"{number}." if block.ordered else "•"
        rows.append([Lines(f"{mark} &nbsp;{markup(point)}", style.TEXT)])
    yield Table(
        rows,
        colWidths=[style.ROOM],
        splitInRow=1,
        style=[
            ("BACKGROUND", (0, 0), (-1, -1), style.SOFT[block.tone]),
            ("LINEBEFORE", (0, 0), (0, -1), 3, style.STRONG[block.tone]),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("TOPPADDING", (0, 0), (-1, 0), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 7),
        ],
    )
    yield Spacer(0, 6)


def _figures(block: KeyFigures) -> Table:
    cells: list[Any] = [
        [Lines(markup(value), style.FIGURE), Lines(markup(label), style.QUIET)] for value, label in block.items
    ]
    cells += [""] * (-len(cells) % _FIGURES_A_ROW)
    rows = [cells[place : place + _FIGURES_A_ROW] for place in range(0, len(cells), _FIGURES_A_ROW)]
    return Table(
        rows,
        colWidths=[style.ROOM / _FIGURES_A_ROW] * _FIGURES_A_ROW,
        style=[
            ("BOX", (0, 0), (-1, -1), 0.6, style.LINE),
            ("INNERGRID", (0, 0), (-1, -1), 0.6, style.LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 8),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ],
    )


def _facts(block: FactList) -> Table:
    """Two in a row; one that is long takes its own."""
    rows: list[list[Any]] = []
    spans: list[Any] = []
    waiting: list[Any] = []

    def finish() -> None:
        if waiting:
            rows.append([*waiting, "", ""] if len(waiting) == 2 else list(waiting))
            waiting.clear()

    for name, cell in block.items:
        shown = [Lines(markup(name), style.QUIET), _cell(cell)]
        if cell.look is Look.CODE or len(cell.text) > 90:
            finish()
            spans.append(("SPAN", (1, len(rows)), (3, len(rows))))
            rows.append([*shown, "", ""])
            continue
        waiting += shown
        if len(waiting) == 2 * _FACTS_A_ROW:
            finish()
    finish()
    return Table(
        rows,
        colWidths=[share * style.ROOM for share in _PAIR * _FACTS_A_ROW],
        splitInRow=1,
        style=[
            *spans,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, style.LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ],
    )


def _table(block: TableBlock) -> Iterator[Flowable]:
    heads = [
        Lines(markup(column), style.COLUMN_RIGHT if look is Look.NUMBER else style.COLUMN)
        for column, look in zip(block.columns, block.looks, strict=True)
    ]
    yield Table(
        [heads, *([_cell(cell) for cell in row] for row in block.rows)],
        colWidths=[style.ROOM * width / sum(block.widths) for width in block.widths],
        repeatRows=1,
        splitInRow=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, style.LINE_STRONG),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, style.LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("LEFTPADDING", (1, 0), (-1, -1), _PAD),
            ("RIGHTPADDING", (0, 0), (-2, -1), _PAD),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ],
    )
    if block.left_out:
        yield Spacer(0, 3)
        yield Lines(markup(block.left_out), style.QUIET)
    yield Spacer(0, 6)


def _cell(cell: Cell) -> list[Flowable] | Flowable:
    if cell.look is Look.BADGE:
        shown = Lines(_badge(cell), style.SMALL)
    elif cell.look is Look.CODE:
        shown = Lines(markup(cell.text), style.CODE)
    else:
        hue = f'<font color="{_hex(cell.tone)}">{markup(cell.text)}</font>' if cell.tone else markup(cell.text)
        shown = Lines(hue, style.RIGHT if cell.look is Look.NUMBER else style.SMALL)
    quiet = _right(style.QUIET) if cell.look is Look.NUMBER else style.QUIET
    return [shown, Lines(markup(cell.sub), quiet)] if cell.sub else shown


def _badge(cell: Cell) -> str:
    soft = style.SOFT[cell.tone].hexval().replace("0x", "#")
    return f'<font color="{_hex(cell.tone)}" backcolor="{soft}">&nbsp;<b>{markup(cell.text)}</b>&nbsp;</font>'


def _hex(tone: Tone) -> str:
    return str(style.STRONG[tone].hexval()).replace("0x", "#")


def _timeline(block: Timeline) -> Iterator[Flowable]:
    label, took = 0.36 * style.ROOM, 0.16 * style.ROOM
    width = style.ROOM - label - took
    axis = Table(
        [[Lines(markup(block.begin), style.QUIET), Lines(markup(f"{block.end} UTC"), _right(style.QUIET))]],
        colWidths=[(width - _PAD) / 2] * 2,
        style=[("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)],
    )
    rows: list[list[Any]] = [
        [
            Lines(markup(short(bar.label, _LABEL)), style.SMALL),
            _bar(bar.start, bar.width, bar.tone, width - _PAD),
            Lines(markup(bar.text), style.RIGHT),
        ]
        for bar in block.bars
    ]
    yield Table(
        [*rows, ["", axis, ""]],
        colWidths=[label, width, took],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
            ("NOSPLIT", (0, -min(len(rows), _BARS_TOGETHER) - 1), (-1, -1)),  # an axis alone says nothing
        ],
    )
    yield Spacer(0, 6)


def _bar(start: float, share: float, tone: Tone, width: float) -> Drawing:
    drawing = Drawing(width, _BAR)
    drawing.add(Rect(0, 0, width, _BAR, fillColor=style.SUNKEN, strokeColor=None))
    if share:
        drawing.add(Rect(start * width, 0, share * width, _BAR, fillColor=style.STRONG[tone], strokeColor=None))
    return drawing


def _side_by_side(charts: Sequence[Flowable]) -> Table:
    cells: list[Any] = [*charts, *([""] * (len(charts) % 2))]
    rows = [cells[place : place + 2] for place in range(0, len(cells), 2)]
    return Table(
        rows,
        colWidths=[style.ROOM / 2] * 2,
        style=[
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ],
    )


def _right(given: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle(f"{given.name}-right", given, alignment=TA_RIGHT)


def _rule(colour: Any, height: float) -> Table:
    return Table(
        [[""]],
        colWidths=[style.ROOM],
        rowHeights=[height],
        style=[("BACKGROUND", (0, 0), (-1, -1), colour), ("BOX", (0, 0), (-1, -1), 0, white)],
    )
