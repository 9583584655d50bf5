"""Taking lines, and elements of comma-separated sequences, out of a file with the comments that are their own."""

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.formats.layout import Layout


def element_removed(layout: Layout, start: int, end: int) -> tuple[Edit, ...]:
    """An element of `a, b, c` with its comma. It must not be the only one, unless brackets stand around it."""
    comma = layout.comma_after(end)
    path = layout.text.path
    if comma is not None:
        return (_with_comma_after(layout, start, comma.end_byte),)
    whole_lines = layout.begins_line(start) and layout.rest_is_comment(end)
    before = layout.before(start)
    if before is None or before.type != ",":
        return (lines_removed(layout, start, end) if whole_lines else Edit(path, start, end, b""),)
    if not whole_lines and not _comment_between(layout, before.end_byte, start):
        return (Edit(path, before.start_byte, end, b""),)
    own = lines_removed(layout, start, end) if whole_lines else Edit(path, start, end, b"")
    return (Edit(path, before.start_byte, before.end_byte, b""), own)


def lines_removed(layout: Layout, start: int, end: int) -> Edit:
    """The lines from one place to another, and the comment lines directly above them."""
    first = layout.comment_lines_above(layout.line_start(start))
    last = layout.next_line(layout.line_end(end))
    if last == len(layout.content) and not layout.content.endswith(b"\n") and first:
        first -= len(layout.newline) if layout.content[:first].endswith(layout.newline) else 1
    return Edit(layout.text.path, first, last, b"")


def statement_removed(layout: Layout, start: int, end: int) -> Edit:
    """Its lines, and one of two blank lines that would be left around it."""
    lines = lines_removed(layout, start, end)
    previous = layout.line_start(lines.start - 1) if lines.start else 0
    if lines.end == len(layout.content):
        kept = len(layout.content[: lines.start].rstrip())
        ended = layout.content.endswith(b"\n") and kept
        return Edit(lines.file, layout.next_line(kept) if ended else kept, lines.end, b"")
    if (not lines.start or layout.blank(previous)) and layout.blank(lines.end):
        return Edit(lines.file, lines.start, layout.next_line(lines.end), b"")
    return lines


def _with_comma_after(layout: Layout, start: int, comma_end: int) -> Edit:
    path = layout.text.path
    if layout.rest_is_comment(comma_end):
        if layout.begins_line(start):
            return lines_removed(layout, start, comma_end)
        before = layout.before(start)
        return Edit(path, before.end_byte if before is not None else start, layout.line_end(comma_end), b"")
    following = layout.after(comma_end)
    return Edit(path, start, following.start_byte if following is not None else comma_end, b"")


def _comment_between(layout: Layout, start: int, end: int) -> bool:
    return any(start <= comment.start_byte < end for comment in layout.comments)
