"""What changes between two contents, line by line: the identity that is signed where edits elsewhere are kept."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrations_app.engine.plan import content_digest
from migrations_app.handlers.config.snapshots import Contents

NEIGHBOURS = 1  # an edit right beside a change touches it, as in other tools that merge


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one file that change. `line` counts from 1 in the old content; `around` are the lines next to it."""

    file: str
    line: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]
    around: tuple[bytes, ...]


def blocks(before: Contents, after: Contents) -> tuple[Block, ...]:
    return tuple(block for name in sorted({*before, *after}) for block in _blocks(name, before, after))


def patch_digest(changes: tuple[Block, ...]) -> str:
    """SHA-256 (hex) of what is taken out and put in, with the lines next to it, whatever line it stands at."""
    return content_digest([_as_json(block) for block in changes])


def digests(changes: tuple[Block, ...]) -> dict[str, str]:
    """The patch's digest by file: what tells which file an edit touched."""
    files = dict.fromkeys(block.file for block in changes)
    return {name: patch_digest(tuple(block for block in changes if block.file == name)) for name in files}


def _blocks(name: str, before: Contents, after: Contents) -> Iterator[Block]:
    old = before.get(name, b"").splitlines(keepends=True)
    new = after.get(name, b"").splitlines(keepends=True)
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            around = (*old[max(0, start - NEIGHBOURS) : start], *old[end : end + NEIGHBOURS])
            yield Block(name, start + 1, tuple(old[start:end]), tuple(new[first:last]), around)


def _as_json(block: Block) -> Mapping[str, object]:
    """Latin-1 keeps every byte apart; the digest is of bytes, whatever they mean."""

    def text(lines: tuple[bytes, ...]) -> list[str]:
        return [line.decode("latin-1") for line in lines]

    return {"file": block.file, "old": text(block.old), "new": text(block.new), "around": text(block.around)}
