"""How the PDF looks: the colours of the light pages, on A4."""

from collections.abc import Mapping

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from migrations_app.selectors.reports.document import Tone

WIDTH, HEIGHT = A4
SIDE, HEAD, FOOT = 16 * mm, 20 * mm, 18 * mm
ROOM = WIDTH - 2 * SIDE

INK, INK_2, INK_3 = HexColor("#15211f"), HexColor("#3f4e4b"), HexColor("#5c6b68")
LINE, LINE_STRONG, SUNKEN = HexColor("#dde4e2"), HexColor("#8b9a97"), HexColor("#f1f5f4")
ACCENT, ACCENT_SOFT = HexColor("#0f6b5f"), HexColor("#dff1ed")
STRONG: Mapping[Tone, HexColor] = {
    Tone.PLAIN: INK_2,
    Tone.GOOD: HexColor("#17663a"),
    Tone.WARN: HexColor("#855400"),
    Tone.BAD: HexColor("#b01f24"),
    Tone.INFO: HexColor("#1d55a4"),
    Tone.ACCENT: ACCENT,
}
SOFT: Mapping[Tone, HexColor] = {
    Tone.PLAIN: SUNKEN,
    Tone.GOOD: HexColor("#e0f4e6"),
    Tone.WARN: HexColor("#fbeed6"),
    Tone.BAD: HexColor("#fce7e5"),
    Tone.INFO: HexColor("#e5eefb"),
    Tone.ACCENT: ACCENT_SOFT,
}

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12.6, textColor=INK, splitLongWords=1)
BOLD = ParagraphStyle("bold", TEXT, fontName="Helvetica-Bold")
SMALL = ParagraphStyle("small", TEXT, fontSize=8, leading=10.6)
SMALL_BOLD = ParagraphStyle("small-bold", SMALL, fontName="Helvetica-Bold")
RIGHT = ParagraphStyle("right", SMALL, alignment=TA_RIGHT)
QUIET = ParagraphStyle("quiet", SMALL, textColor=INK_3)
COLUMN = ParagraphStyle("column", QUIET, fontName="Helvetica-Bold", fontSize=7.5, leading=9.5)
COLUMN_RIGHT = ParagraphStyle("column-right", COLUMN, alignment=TA_RIGHT)
CODE = ParagraphStyle("code", SMALL, fontName="Courier", fontSize=7.6, leading=10, wordWrap="CJK")
FIGURE = ParagraphStyle("figure", BOLD, fontSize=13, leading=16)
KIND = ParagraphStyle("kind", BOLD, fontSize=9.5, textColor=ACCENT)
TITLE = ParagraphStyle("title", BOLD, fontSize=21, leading=25)
SECTION = ParagraphStyle("section", BOLD, fontSize=13.5, leading=17, spaceBefore=16, spaceAfter=6)
HEADING = ParagraphStyle("heading", BOLD, fontSize=9.5, leading=12.6, spaceBefore=9, spaceAfter=3, keepWithNext=1)
