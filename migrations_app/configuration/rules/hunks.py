"""What a change did, as lines: for people who look at a conversion."""

from collections.abc import Iterator, Mapping

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.hunk import Hunk
from migrations_app.configuration.rules.ground import Change
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.rules.trail import Trail
from migrations_app.configuration.values import Span

NEAR = 1  # lines between two edits that are still shown as one


def hunks(
    rule: Rule, change: Change, edits: tuple[Edit, ...], before: Mapping[str, bytes], trail: Trail
) -> Iterator[Hunk]:
    """One for each group of lines that it touched; one with the same lines twice where it only says something."""
    reason, manner = change.reason or rule.reason, change.manner or rule.manner
    place = trail.original(change.at)
    if not edits:
        lines = _lines(before[change.at.file], change.at.start, change.at.start)
        yield Hunk(rule.id, rule.version, manner, reason, change.key, change.at.file, lines, lines, place)
    for group in _groups(before, edits):
        file, content = group[0].file, before[group[0].file]
        start, end = _whole_lines(content, group)
        after = _applied(content[start:end], group, start)
        here = change.at.file == file and start <= change.at.start < end
        own = place if here else _at(content, group[0], trail)
        touched = content[start:end].decode()
        yield Hunk(rule.id, rule.version, manner, reason, change.key, file, touched, after.decode(), own)


def _groups(before: Mapping[str, bytes], edits: tuple[Edit, ...]) -> Iterator[list[Edit]]:
    group: list[Edit] = []
    for edit in sorted(set(edits)):
        if group and (edit.file != group[-1].file or before[edit.file].count(b"\n", group[-1].end, edit.start) > NEAR):
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _at(content: bytes, edit: Edit, trail: Trail) -> Span | None:
    line = content.count(b"\n", 0, edit.start) + 1
    return trail.original(Span(edit.file, edit.start, edit.end, line, 1))


def _whole_lines(content: bytes, group: list[Edit]) -> tuple[int, int]:
    """From the start of the first line that is touched to behind the last one."""
    last = group[-1]
    touched = last.end - 1 if last.end > last.start else last.end
    return content.rfind(b"\n", 0, group[0].start) + 1, _line_end(content, touched)


def _applied(content: bytes, group: list[Edit], offset: int) -> bytes:
    """The edits on a part of the file that begins at `offset`."""
    parts, at = [], 0
    for edit in group:
        parts += [content[at : edit.start - offset], edit.text]
        at = edit.end - offset
    return b"".join([*parts, content[at:]])


def _line_end(content: bytes, at: int) -> int:
    """Behind the line's end."""
    end = content.find(b"\n", at)
    return len(content) if end < 0 else end + 1


def _lines(content: bytes, start: int, end: int) -> str:
    return content[content.rfind(b"\n", 0, start) + 1 : _line_end(content, end)].decode()
