"""Where a place stood before the first rule: byte positions followed back through every edit since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.values import Span


@dataclass(slots=True)
class Trail:
    """`before` holds every file's bytes as they were."""

    before: Mapping[str, bytes]
    _passes: list[tuple[Edit, ...]] = field(default_factory=list)

    def went(self, edits: Iterable[Edit]) -> None:
        self._passes.append(tuple(sorted(set(edits))))

    def original(self, span: Span) -> Span | None:
        """The same place before, or None for bytes that a rule wrote."""
        start, end = span.start, span.end
        for edits in reversed(self._passes):
            first, last = _back(edits, span.file, start), _back(edits, span.file, end, closing=True)
            if first is None or last is None:
                return None
            start, end = first, last
        content = self.before[span.file]
        line = content.count(b"\n", 0, start) + 1
        beginning = content.rfind(b"\n", 0, start) + 1
        return Span(span.file, start, end, line, len(content[beginning:start].decode("utf-8", "replace")) + 1)


def _back(edits: tuple[Edit, ...], file: str, at: int, *, closing: bool = False) -> int | None:
    """`closing`: the place is an end, which belongs to what stands before it."""
    shift = 0
    for edit in edits:
        if edit.file != file:
            continue
        start, end = edit.start + shift, edit.start + shift + len(edit.text)
        if at < start or (at == start and closing):
            break
        if at < end or (at == end and closing and start != end):
            return edit.start if not closing and at == start else (edit.end if closing and at == end else None)
        shift += len(edit.text) - (edit.end - edit.start)
    return at - shift
