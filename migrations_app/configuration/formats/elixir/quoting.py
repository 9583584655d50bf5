"""A value's text for another place: its lines moved to the indentation there, text in quotes left alone."""

from tree_sitter import Node

from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.syntax import QUOTED, nodes


def requoted(layout: Layout, node: Node, indent: str) -> str:
    """Line ends are `\\n`. A bare keyword list gets the brackets that it needs elsewhere."""
    quoted = [(one.start_byte, one.end_byte) for one in nodes(node) if one.type in QUOTED]
    own = layout.indent(node.start_byte)
    lines: list[str] = []
    at = node.start_byte
    while at < node.end_byte:
        end = min(layout.next_line(at), node.end_byte)
        line = layout.text.between(at, end)
        within = any(start < at < stop for start, stop in quoted)
        lines.append(f"{indent}{line[len(own) :]}" if lines and not within and line.startswith(own) else line)
        at = end
    moved = "".join(lines).replace("\r\n", "\n")
    return f"[{moved}]" if node.type in {"keywords", "pair"} else moved
