"""Edits of a TOML document. Values are written on one line; tables with headers are renamed and removed only."""

import json
import math
import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.edits import Edit, New, NotEditable, Verbatim
from migrations_app.configuration.formats.documents.marks import Shown, shown
from migrations_app.configuration.formats.documents.toml_tree import (
    HEADED,
    key_of,
    key_parts,
    parsed_toml,
    solid_end,
)
from migrations_app.configuration.formats.insertion import statement_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.removal import element_removed, lines_removed, statement_removed
from migrations_app.configuration.formats.syntax import nodes
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Entry, Span, Table, Value

BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
Path = tuple[str, ...]


class TomlEditor:
    """Implements Editor."""

    def __init__(self, configuration: Configuration) -> None:
        (self._path,) = configuration.files
        content = configuration.files[self._path].content
        self._root = parsed_toml(content)
        self._layout = Layout(Text(self._path, content), self._root)
        self._keys = dict(self._key_paths())

    def replace(self, value: Value, new: New) -> tuple[Edit, ...]:
        node = self._node(value.span)
        if node.type in {*HEADED, "document", "pair"}:
            raise self._refused(value.span, "is a table with lines of its own")
        return (self._edit(value.span.start, value.span.end, self._rendered(shown(new))),)

    def rename(self, item: Setting | Entry, name: str) -> tuple[Edit, ...]:
        """Of a table with a header also in the headers of what is in it."""
        span = item.key_span if isinstance(item, Setting) else item.key.span
        return tuple(self._edit(key.start_byte, key.end_byte, _key(name)) for key in self._same(span))

    def remove(self, item: Setting | Entry) -> tuple[Edit, ...]:
        node = self._node(item.span)
        same = self._same(item.key_span if isinstance(item, Setting) else item.key.span)
        if node.type == "pair" and len(same) == 1:
            if node.parent is not None and node.parent.type == "inline_table":
                return element_removed(self._layout, node.start_byte, node.end_byte)
            return (lines_removed(self._layout, node.start_byte, node.end_byte),)
        holders = {holder.start_byte: holder for holder in map(_holder, same)}
        if any(holder.type == "pair" for holder in holders.values()):
            raise self._refused(item.span, "is given by several dotted keys")
        return tuple(
            statement_removed(self._layout, *one) for one in self._runs([holders[at] for at in sorted(holders)])
        )

    def _runs(self, tables: list[Node]) -> list[tuple[int, int]]:
        """Tables that only blank lines and their own comments lie between are one."""
        runs: list[tuple[int, int]] = []
        for table in tables:
            first = self._layout.comment_lines_above(self._layout.line_start(table.start_byte))
            if runs and not self._layout.content[runs[-1][1] : first].strip():
                runs[-1] = (runs[-1][0], solid_end(table))
            else:
                runs.append((table.start_byte, solid_end(table)))
        return runs

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Edit, ...]:
        lines = tuple(f"# {line}" for line in comment.splitlines())
        written = f"{_key(name)} = {self._rendered(shown(new))}"
        node = self._node(beside.span)
        if node.type == "inline_table" and isinstance(beside, Table):
            if not beside.entries:
                return (self._edit(node.start_byte, node.end_byte, f"{{ {written} }}"),)
            last = beside.entries[-1].span
            return (self._edit(last.end, last.end, f", {written}"),)
        if node.type == "pair" and isinstance(beside, Setting):
            if len(key_parts(key_of(node))) > 1:
                raise self._refused(beside.span, "is given by a dotted key")
            return (
                statement_inserted(self._layout, node.end_byte, self._layout.indent(node.start_byte), written, lines),
            )
        if node.type in HEADED and isinstance(beside, Table):
            at = solid_end(node)
            return (statement_inserted(self._layout, at, self._layout.indent(node.start_byte), written, lines),)
        return (self._beside_table(beside.span, written, lines),)

    def _beside_table(self, span: Span, written: str, comment: tuple[str, ...]) -> Edit:
        """Into the table that holds a table with a header: under its own header, or under a new one."""
        node = self._node(span)
        if node.type not in HEADED:
            raise self._refused(span, "leaves no room for a key beside it")
        *outer, _ = self._header(node)
        headers = [one for one in self._root.named_children if one.type in HEADED]
        own = next((one for one in headers if self._header(one) == tuple(outer)), None)
        if own is not None:
            return statement_inserted(self._layout, solid_end(own), "", written, comment)
        lines = "".join(f"{line}\n" for line in (f"[{'.'.join(map(_key, outer))}]", *comment, written, ""))
        first = self._layout.comment_lines_above(self._layout.line_start(headers[0].start_byte))
        if not outer:
            lines = "".join(f"{line}\n" for line in (*comment, written, ""))
        return self._edit(first, first, lines)

    def _key_paths(self) -> Iterator[tuple[int, tuple[Node, Path]]]:
        """Every part of a key by its offset, with its path from the outermost table."""
        for node in nodes(self._root):
            if node.type not in HEADED and node.type != "pair":
                continue
            names: Path = ()
            for part in key_parts(key_of(node)):
                names = (*names, self._layout.text.of(part).strip("\"'"))
                yield part.start_byte, (part, (*self._above(node), *names))

    def _above(self, node: Node) -> Path:
        """The path of the table that a pair stands in. Tables within a line have one of their own."""
        holder = node.parent
        if node.type in HEADED or holder is None or holder.type == "document":
            return ()
        if holder.type in HEADED:
            return self._header(holder)
        return (f"@{holder.start_byte}",)

    def _header(self, node: Node) -> Path:
        return tuple(self._layout.text.of(part).strip("\"'") for part in key_parts(key_of(node)))

    def _same(self, span: Span) -> list[Node]:
        """Every place of the key that stands there."""
        _, path = self._keys[span.start]
        arrays = {self._header(one) for one in self._root.named_children if one.type == "table_array_element"}
        same = [node for node, other in self._keys.values() if other == path]
        if len(same) > 1 and any(path[:length] in arrays for length in range(1, len(path))):
            inside = self._keys[span.start][0]
            holder = _holder(inside)
            if holder.type == "pair":
                return [inside]
            raise self._refused(span, "stands in several tables of an array")
        return same

    def _node(self, span: Span) -> Node:
        node = self._root.named_descendant_for_byte_range(span.start, max(span.end, span.start))
        if node is None:
            raise self._refused(span, "is not there any more")
        return node

    def _rendered(self, value: Shown) -> str:
        return toml(value, lambda part: self._quoted(part.span))

    def _quoted(self, span: Span) -> str:
        if self._node(span).type in {*HEADED, "document", "pair"}:
            raise self._refused(span, "is a table with lines of its own")
        return self._layout.text.between(span.start, span.end)

    def _refused(self, span: Span, why: str) -> NotEditable:
        return NotEditable(f"{span.file}, line {span.line}: this {why}. Nothing was changed; change it by hand.")

    def _edit(self, start: int, end: int, written: str) -> Edit:
        return Edit(self._path, start, end, written.encode().replace(b"\n", self._layout.newline))


def toml(value: Shown, quote: Callable[[Verbatim], str]) -> str:
    """On one line. Raises NotEditable for what TOML cannot say."""
    match value:
        case Verbatim():
            return quote(value)
        case dict():
            pairs = ", ".join(f"{_key(key)} = {toml(part, quote)}" for key, part in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list():
            return f"[{', '.join(toml(part, quote) for part in value)}]"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            mantissa, e, exponent = repr(value).partition("e")
            return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{e}{exponent}"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    raise NotEditable(f"TOML has no value for `{'nil' if value is None else value}`. Nothing was changed.")


def _key(name: str) -> str:
    return name if BARE.match(name) else json.dumps(name, ensure_ascii=False)


def _holder(key: Node) -> Node:
    """The pair or the table with a header that a part of a key stands in."""
    node = key
    while node.type not in {*HEADED, "pair"} and node.parent is not None:
        node = node.parent
    return node
