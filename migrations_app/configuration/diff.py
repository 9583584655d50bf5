"""What changed between two texts, in blocks of lines for a view side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum


class Kind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1; `text` is without its line end."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line on each side, or None where the other side has no counterpart."""

    kind: Kind
    before: Line | None
    after: Line | None


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring rows. `hidden`: how many same lines lie between the block before, or the start, and this one."""

    rows: tuple[Row, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class FileDiff:
    """`hidden`: same lines after the last block. Line ends are told apart only in `line_ends_differ`."""

    path: str
    blocks: tuple[Block, ...]
    hidden: int
    line_ends_differ: bool

    @property
    def added(self) -> int:
        return sum(row.kind in {Kind.ADDED, Kind.CHANGED} for block in self.blocks for row in block.rows)

    @property
    def removed(self) -> int:
        return sum(row.kind in {Kind.REMOVED, Kind.CHANGED} for block in self.blocks for row in block.rows)


def diff(before: Mapping[str, bytes], after: Mapping[str, bytes], *, context: int = 3) -> tuple[FileDiff, ...]:
    """Of every file that differs, in the order of `before`, then those that are new."""
    paths = dict.fromkeys([*before, *after])
    return tuple(
        _file(path, before.get(path, b""), after.get(path, b""), context)
        for path in paths
        if before.get(path) != after.get(path)
    )


def _file(path: str, before: bytes, after: bytes, context: int) -> FileDiff:
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    blocks: list[Block] = []
    shown = 0
    for group in matcher.get_grouped_opcodes(context):
        rows = tuple(row for code in group for row in _rows(code, old, new))
        blocks.append(Block(rows, group[0][1] - shown))
        shown = group[-1][2]
    differs = (b"\r\n" in before) != (b"\r\n" in after) or before.endswith(b"\n") != after.endswith(b"\n")
    return FileDiff(path, tuple(blocks), len(old) - shown if blocks else len(old), differs)


def _rows(code: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[Row]:
    tag, old_start, old_end, new_start, new_end = code
    for at in range(max(old_end - old_start, new_end - new_start)):
        left, right = old_start + at, new_start + at
        before = Line(left + 1, old[left]) if left < old_end else None
        after = Line(right + 1, new[right]) if right < new_end else None
        if tag == "equal":
            kind = Kind.SAME
        elif before is None:
            kind = Kind.ADDED
        else:
            kind = Kind.REMOVED if after is None else Kind.CHANGED
        yield Row(kind, before, after)


def _lines(content: bytes) -> list[str]:
    lines = content.decode(errors="replace").split("\n")
    return [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
