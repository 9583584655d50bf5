"""Putting an element or a statement after another, in the lines that its neighbours keep to."""

from collections.abc import Callable

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.formats.layout import Layout

Rendered = Callable[[str, int], str]
"""The text of what is put in, by the indentation of its further lines and the column where it begins."""

LONGEST_LINE = 98


def element_inserted(
    layout: Layout, start: int, end: int, rendered: Rendered, comment: tuple[str, ...] = ()
) -> tuple[Edit, ...]:
    """After the element from `start` to `end`, with the comma that it needs."""
    path, newline = layout.text.path, layout.newline
    comma = layout.comma_after(end)
    indent = _own_lines(layout, start, end)
    if indent is None and not comment:
        column = layout.column(end) + 2
        one = rendered("", column)
        rest = 0 if layout.rest_is_comment(end) else layout.column(layout.line_end(end)) - layout.column(end)
        if "\n" not in one and column + len(one) + rest <= LONGEST_LINE:
            at = comma.end_byte if comma is not None else end
            return (Edit(path, at, at, f" {one},".encode() if comma is not None else f", {one}".encode()),)
    indent = f"{layout.indent(start)}  " if indent is None else indent
    lines = "".join(f"\n{indent}{line}" for line in (*comment, rendered(indent, len(indent))))
    if comma is not None:
        at = layout.line_end(comma.end_byte) if layout.rest_is_comment(comma.end_byte) else comma.end_byte
        return (Edit(path, at, at, _with(newline, f"{lines},")),)
    if layout.rest_is_comment(end) and layout.line_end(end) != end:
        at = layout.line_end(end)
        return Edit(path, end, end, b","), Edit(path, at, at, _with(newline, lines))
    return (Edit(path, end, end, _with(newline, f",{lines}")),)


def statement_inserted(layout: Layout, end: int, indent: str, statement: str, comment: tuple[str, ...] = ()) -> Edit:
    """On the lines after the statement that ends at `end`."""
    at = layout.line_end(end)
    lines = "".join(f"\n{indent}{line}" for line in (*comment, statement))
    return Edit(layout.text.path, at, at, _with(layout.newline, lines))


def _own_lines(layout: Layout, start: int, end: int) -> str | None:
    """The indentation of elements that have lines of their own; None where they share one."""
    if layout.begins_line(start):
        return layout.indent(start)
    comma = layout.comma_after(end)
    following = layout.after(comma.end_byte) if comma is not None else None
    if following is not None and layout.begins_line(following.start_byte) and following.type not in {"]", "}", ")"}:
        return layout.indent(following.start_byte)
    return None


def _with(newline: bytes, lines: str) -> bytes:
    return lines.encode().replace(b"\n", newline)
