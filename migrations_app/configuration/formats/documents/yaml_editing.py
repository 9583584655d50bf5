"""Edits of a YAML document: whole lines in block style, elements of a line in flow style."""

from tree_sitter import Node

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.edits import Edit, New, NotEditable, Verbatim
from migrations_app.configuration.formats.documents.marks import shown
from migrations_app.configuration.formats.documents.yaml_rendering import block, flow, has_lines, text
from migrations_app.configuration.formats.documents.yaml_tree import PAIRS, content_of, parsed_yaml, solid_end
from migrations_app.configuration.formats.insertion import element_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.removal import element_removed, lines_removed
from migrations_app.configuration.formats.syntax import nodes
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Entry, Span, Table, Value

FLOW = frozenset({"flow_mapping", "flow_sequence"})


class YamlEditor:
    """Implements Editor. What an anchor marks or an alias stands for is refused, as it counts in several places."""

    def __init__(self, configuration: Configuration) -> None:
        (self._path,) = configuration.files
        content = configuration.files[self._path].content
        self._root = parsed_yaml(content)
        self._layout = Layout(Text(self._path, content), self._root)
        shared = [node for node in nodes(self._root) if node.type in {"anchor", "alias"}]
        self._anchored = [node.parent for node in shared if node.type == "anchor" and node.parent is not None]
        self._aliases = [node for node in shared if node.type == "alias"]

    def replace(self, value: Value, new: New) -> tuple[Edit, ...]:
        self._check(value.span, whole=True)
        said, span = shown(new), value.span
        node = self._node(span, of_value=True)
        pair = self._pair_of(span)
        if self._in_flow(node):
            return (self._edit(span.start, span.end, [flow(said, self._quoted)]),)
        column = " " * self._layout.column(span.start)
        if not has_lines(said, self._quoted):
            if pair is None or not self._layout.begins_line(span.start):
                gap = " " if span.start == span.end else ""
                return (self._edit(span.start, span.end, [f"{gap}{flow(said, self._quoted)}"]),)
            return (self._after_colon(pair, span, [f" {flow(said, self._quoted)}"], column),)
        if pair is None or (span.start < span.end and self._layout.begins_line(span.start)):
            first, *others = block(said, column, self._quoted)
            return (self._edit(span.start, span.end, [first[len(column) :], *others]),)
        inner = f"{' ' * self._layout.column(pair.start_byte)}  "
        return (self._after_colon(pair, span, ["", *block(said, inner, self._quoted)], column),)

    def rename(self, item: Setting | Entry, name: str) -> tuple[Edit, ...]:
        span = item.key_span if isinstance(item, Setting) else item.key.span
        self._check(span)
        return (self._edit(span.start, span.end, [text(name)]),)

    def remove(self, item: Setting | Entry) -> tuple[Edit, ...]:
        self._check(item.span, whole=True)
        pair, start, end = self._node(item.span), item.span.start, item.span.end
        if self._in_flow(pair):
            return element_removed(self._layout, start, end)
        siblings = [one for one in pair.parent.named_children if one.type != "comment"] if pair.parent else []
        if len(siblings) == 1:
            outer = self._pair_of(item.span, of_mapping=True)
            if outer is None:
                return (self._edit(start, end, ["{}"]),)
            return (self._after_colon(outer, item.span, [" {}"], ""),)
        if self._layout.begins_line(start):
            return (lines_removed(self._layout, start, end),)
        following = self._layout.next_line(self._layout.line_end(end))
        rest = self._layout.content[following:]
        return (self._edit(start, following + len(rest) - len(rest.lstrip(b" ")), [""]),)

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Edit, ...]:
        self._check(beside.span)
        said, key = shown(new), text(name)
        if isinstance(beside, Table) and not beside.entries:
            return (self._edit(beside.span.start, beside.span.end, [f"{{{key}: {flow(said, self._quoted)}}}"]),)
        span = beside.entries[-1].span if isinstance(beside, Table) else beside.span
        pair = self._node(span)
        if self._in_flow(pair):
            lines = tuple(f"# {line}" for line in comment.splitlines())
            written = f"{key}: {flow(said, self._quoted)}"
            return element_inserted(self._layout, span.start, span.end, lambda _indent, _column: written, lines)
        indent = " " * self._layout.column(span.start)
        at = self._layout.line_end(span.end)
        above = [f"{indent}# {line}" for line in comment.splitlines()]
        return (self._edit(at, at, ["", *above, *block({name: said}, indent, self._quoted)]),)

    def _after_colon(self, pair: Node, span: Span, lines: list[str], column: str) -> Edit:
        """In place of a pair's value and what white space is before it; a comment there keeps its line."""
        key = pair.child_by_field_name("key")
        colon = next((child.end_byte for child in pair.children if child.type == ":"), span.start)
        if key is not None and self._layout.content[colon : span.start].strip():
            first, *others = lines if lines[0] else lines[1:]
            return self._edit(span.start, span.end, [first.strip() if lines[0] else first[len(column) :], *others])
        return self._edit(colon, span.end, lines)

    def _quoted(self, verbatim: Verbatim, indent: str) -> list[str]:
        span = verbatim.span
        first, *others = self._layout.text.between(span.start, span.end).replace("\r\n", "\n").split("\n")
        own = " " * self._layout.column(span.start)
        node = content_of(self._node(span, of_value=True))
        if others and (node is None or node.type not in {"block_mapping", "block_sequence"}):
            raise self._refused(span, "is text of several lines")
        return [first, *(f"{indent}{line[len(own) :]}" if line.startswith(own) else line for line in others)]

    def _pair_of(self, span: Span, *, of_mapping: bool = False) -> Node | None:
        """The pair whose value stands there; `of_mapping`: whose value is the mapping that a pair stands in."""
        if of_mapping:
            node = self._node(span).parent
        else:
            value = self._node(span, of_value=True)
            node = value if span.start == span.end else value.parent
        while node is not None and node.type not in {*PAIRS, "block_sequence_item"}:
            node = node.parent
        return node if node is not None and node.type in PAIRS else None

    def _node(self, span: Span, *, of_value: bool = False) -> Node:
        """The pair that begins and, comments aside, ends there; `of_value`: the widest node that does."""
        empty = span.start == span.end
        node = self._root.named_descendant_for_byte_range(span.start - empty, span.end)
        if node is None:
            raise self._refused(span, "is not there any more")
        while node.parent is not None and (of_value or node.type not in PAIRS) and not empty:
            if node.parent.start_byte != span.start or solid_end(node.parent) != span.end:
                break
            node = node.parent
        return node

    def _in_flow(self, node: Node) -> bool:
        above = node.parent
        while above is not None and above.type not in FLOW:
            above = above.parent
        return above is not None

    def _check(self, span: Span, *, whole: bool = False) -> None:
        """`whole`: it goes as a whole, so that no anchor may stand in it."""
        around = [*self._anchored, *self._aliases]
        found = any(node.start_byte <= span.start and span.end <= node.end_byte for node in around)
        if found or (whole and any(span.start <= node.start_byte < span.end for node in self._anchored)):
            raise self._refused(span, "is shared by an anchor or alias")

    def _refused(self, span: Span, why: str) -> NotEditable:
        return NotEditable(f"{span.file}, line {span.line}: this {why}. Nothing was changed; change it by hand.")

    def _edit(self, start: int, end: int, lines: list[str]) -> Edit:
        return Edit(self._path, start, end, "\n".join(lines).encode().replace(b"\n", self._layout.newline))
