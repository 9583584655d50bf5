"""Two contents beside each other, for people: the lines that differ with some around them, in JSON-ready rows."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from migrations_app.handlers.config.hiding import shown
from migrations_app.handlers.config.snapshots import Contents

AROUND = 3
MOST_ROWS = 1_500
MOST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Row:
    """`old_line` and `new_line` count from 1, 0 where there is no line on that side."""

    kind: str  # same, changed, removed, added
    old_line: int
    old: str
    new_line: int
    new: str


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that stand together. `notes`: numbers of the notes (hunks) that belong to it."""

    file: str
    rows: tuple[Row, ...]
    notes: tuple[int, ...] = ()

    @property
    def old_lines(self) -> range:
        numbers = [row.old_line for row in self.rows if row.old_line]
        return range(min(numbers), max(numbers) + 1) if numbers else range(0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left_out`: how many changed rows are not shown, because there are so many."""

    sections: tuple[Section, ...]
    left_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {"sections": [_plain(section) for section in self.sections], "left_out": self.left_out}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Comparison":
        sections = (
            Section(each["file"], tuple(Row(*row) for row in each["rows"]), tuple(each["notes"]))
            for each in kept.get("sections", ())
        )
        return cls(tuple(sections), kept.get("left_out", 0))


def compare(before: Contents, after: Contents) -> Comparison:
    """Credentials are hidden in both."""
    sections: list[Section] = []
    room, left_out = MOST_ROWS, 0
    for name in sorted({*before, *after}):
        for rows in _sections(_lines(before.get(name, b"")), _lines(after.get(name, b""))):
            if len(rows) <= room:
                sections.append(Section(name, rows))
                room -= len(rows)
            else:
                room = 0
                left_out += sum(row.kind != "same" for row in rows)
    return Comparison(tuple(sections), left_out)


def _plain(section: Section) -> dict[str, Any]:
    rows = [[row.kind, row.old_line, row.old, row.new_line, row.new] for row in section.rows]
    return {"file": section.file, "rows": rows, "notes": list(section.notes)}


def _lines(content: bytes) -> list[str]:
    """Without their ends: a last line without one is no difference that people look for. Bytes that are no text show
    as �."""
    return content.decode(errors="replace").splitlines()


def _sections(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Row, ...]]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(AROUND):
        yield tuple(row for opcode in group for row in _rows(opcode, old, new))


def _rows(opcode: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    tag, start, end, first, last = opcode
    for left, right in zip_longest(range(start, end), range(first, last)):
        before = "" if left is None else _cut(old[left])
        after = "" if right is None else _cut(new[right])
        kind = "same" if tag == "equal" else "added" if left is None else "removed" if right is None else "changed"
        yield Row(kind, 0 if left is None else left + 1, before, 0 if right is None else right + 1, after)


def _cut(line: str) -> str:
    text = shown(line)
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
