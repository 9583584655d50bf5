"""Changes of a configuration's bytes. Everything outside an edit's span stays byte for byte."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.values import Atom, Entry, Plain, Span, Table, Value


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Bytes `start` to `end` of the file become `text`; an insertion when both are the same."""

    file: str
    start: int
    end: int
    text: bytes


class EditsOverlap(ValueError):
    """Two edits want the same bytes."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value to be written as its bytes stand elsewhere: a moved expression stays the expression that it was."""

    span: Span


New = Plain | Verbatim | dict[str, "New"] | dict[Atom, "New"] | list["New"] | tuple["New", ...]
"""A key that is a str is a name: in Elixir an atom if it reads as one (`pool_size`), else text (`PYTHONPATH`)."""


class NotEditable(ValueError):
    """This place cannot be changed without changing more than was asked for: a person must do it."""


class Editor(Protocol):
    """Wished changes as edits, in the manner of a file: indentation, separators, the style of its neighbours.

    A comment that belongs to what is removed (on its line, or directly above it) goes with it; every other one stays.
    Edits are for the configuration as it was read: of neighbours, apply one at a time and read again. Each method
    raises NotEditable where the place does not allow it.
    """

    def replace(self, value: Value, new: New) -> tuple[Edit, ...]: ...

    def rename(self, item: Setting | Entry, name: str) -> tuple[Edit, ...]: ...

    def remove(self, item: Setting | Entry) -> tuple[Edit, ...]:
        """With its separator, and with the whole call when it was the last of it."""

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Edit, ...]:
        """After a setting, in its call where the form allows it; at the end of a table."""


def apply(configuration: Configuration, edits: Iterable[Edit]) -> Mapping[str, bytes]:
    """The content of every file after the edits. Raises EditsOverlap; then nothing was changed."""
    by_file: dict[str, list[Edit]] = {}
    for edit in set(edits):
        by_file.setdefault(edit.file, []).append(edit)
    after = {path: file.content for path, file in configuration.files.items()}
    for path, wanted in by_file.items():
        after[path] = applied(after[path], sorted(wanted))
    return after


def applied(content: bytes, edits: list[Edit]) -> bytes:
    parts: list[bytes] = []
    at = 0
    for edit in edits:
        if edit.start < at:
            raise EditsOverlap(f"{edit.file}: bytes {edit.start} to {edit.end}")
        parts += [content[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*parts, content[at:]])
