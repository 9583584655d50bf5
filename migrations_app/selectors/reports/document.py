"""The shape of a report on paper: sections of a few kinds of blocks, each already in words.

HTML, Markdown and PDF are written from this alone, so none of them can say what another does not.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    ACCENT = "accent"


class Look(StrEnum):
    """How a value stands in its cell. `CODE` may be broken anywhere."""

    TEXT = "text"
    NUMBER = "number"
    CODE = "code"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class Cell:
    """`sub` is a second, quieter line."""

    text: str
    look: Look = Look.TEXT
    tone: Tone = Tone.PLAIN
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    tone: Tone = Tone.INFO
    points: tuple[str, ...] = ()
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Pairs of a value and what it is."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FactList:
    """Pairs of a name and a value; `wide` ones take the whole width."""

    items: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`widths` are shares of the whole. `left_out` says what is not there, '' when all is."""

    label: str
    columns: tuple[str, ...]
    looks: tuple[Look, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """`start` and `width` are shares (0 to 1) of the whole time; `width` 0: it never ran."""

    label: str
    start: float
    width: float
    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    label: str
    bars: tuple[Bar, ...]
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Tick:
    """`at` is a share of the axis, from its beginning."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """`lines` are stretches of (x, y), shares of width and height from the lower left. `said` is it in a sentence.

    `usual` is a height, `marks` are places of upright lines: where the run began and ended.
    """

    title: str
    unit: str
    lines: tuple[tuple[tuple[float, float], ...], ...]
    heights: tuple[Tick, ...]
    times: tuple[Tick, ...]
    usual: float | None
    said: str
    marks: tuple[float, ...] = ()


Block = Notice | Paragraph | Heading | KeyFigures | FactList | Table | Timeline | LineChart


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """`running` is the line at the head of each page, `proof` the one at its foot."""

    title: str
    subtitle: str
    badge: Cell
    sections: tuple[Section, ...]
    running: str
    proof: str
    keywords: tuple[str, ...] = field(default=())
