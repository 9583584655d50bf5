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
        start = content.rfind(b"\n", 0, group[0].start) + 1
        end = _line_end(
            content, max(group[0].start, group[-1].end - 1 if group[-1].end > group[-1].start else group[-1].end)
        )
        after, at = b"", start
        for edit in group:
            after, at = after + content[at : edit.start] + edit.text, edit.end
        after += content[at : max(end, at)]
        touched = content[start : max(end, at)].decode()
        own = (
            place
            if change.at.file == file and start <= change.at.start < max(end, at)
            else _at(content, group[0], trail)
        )
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


def _line_end(content: bytes, at: int) -> int:
    """Behind the line's end."""
    end = content.find(b"\n", at)
    return len(content) if end < 0 else end + 1


def _lines(content: bytes, start: int, end: int) -> str:
    return content[content.rfind(b"\n", 0, start) + 1 : _line_end(content, end)].decode()
