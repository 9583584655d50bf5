"""Edits of a configuration in Elixir, in the manner of what stands around them."""

from tree_sitter import Node

from migrations_app.configuration.document import CallForm, Configuration, Setting
from migrations_app.configuration.edits import Edit, New, NotEditable
from migrations_app.configuration.formats.elixir.quoting import requoted
from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.elixir.rendering import atom, keyword_key, render, scalar, text
from migrations_app.configuration.formats.insertion import element_inserted, statement_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.names import key_named
from migrations_app.configuration.formats.removal import element_removed, statement_removed
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Atom, Entry, Literal, Span, Table, Value

STATEMENTS = frozenset({"source", "do_block", "else_block", "after_block", "rescue_block", "catch_block", "body"})
PACKED = frozenset({"charlist", "sigil"})


class ElixirEditor:
    """Implements Editor for the files of one configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self._files = configuration.files
        self._layouts: dict[str, tuple[Layout, Node]] = {}

    def replace(self, value: Value, new: New) -> tuple[Edit, ...]:
        layout, node = self._at(value.span)
        if isinstance(value, Literal) and node.type in PACKED and not _is_text(layout, node):
            raise _refused(value.span, "is one of several values that are written as one text")
        start = value.span.start
        written = self._render(layout, new, layout.indent(start), layout.column(start))
        return (_edit(value.span, written, layout),)

    def rename(self, item: Setting | Entry, name: str) -> tuple[Edit, ...]:
        span = item.key_span if isinstance(item, Setting) else item.key.span
        layout, node = self._at(span)
        return (_edit(span, _renamed(node.type, name), layout),)

    def remove(self, item: Setting | Entry) -> tuple[Edit, ...]:
        layout, node = self._at(item.span)
        alone = _siblings(node) == 1
        if isinstance(item, Setting) and (item.form is not CallForm.KEYS or alone):
            return self._call_removed(item.call)
        if alone and node.parent is not None and _is_bare(node.parent):
            return (_edit(item.span, "[]", layout),)
        return element_removed(layout, item.span.start, item.span.end)

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Edit, ...]:
        lines = tuple(f"# {line}" for line in comment.splitlines())
        if isinstance(beside, Setting) and beside.form is not CallForm.KEYS:
            return (self._call_inserted(beside, name, new, lines),)
        if isinstance(beside, Table) and not beside.entries:
            return (self._first_inserted(beside, name, new, lines),)
        span = beside.entries[-1].span if isinstance(beside, Table) else beside.span
        layout, node = self._at(span)
        opening, closing = _entry_style(node, name)

        def rendered(indent: str, column: int) -> str:
            return f"{opening}{self._render(layout, new, indent, column + len(opening))}{closing}"

        return element_inserted(layout, span.start, span.end, rendered, lines)

    def _call_removed(self, call: Span) -> tuple[Edit, ...]:
        layout, node = self._at(call)
        parent = node.parent
        siblings = [child for child in parent.named_children if child.type != "comment"] if parent is not None else []
        if parent is None or (parent.type not in STATEMENTS and parent.type not in {"pair", "block"}):
            raise _refused(call, "is a part of another expression")
        if parent.type in {"pair", "block"} or (parent.type == "body" and len(siblings) == 1):
            return (_edit(call, "nil", layout),)
        if not (layout.begins_line(call.start) and layout.rest_is_comment(call.end)):
            raise _refused(call, "shares its line with other statements")
        return (statement_removed(layout, call.start, call.end),)

    def _call_inserted(self, beside: Setting, name: str, new: New, comment: tuple[str, ...]) -> Edit:
        call, key, value = beside.call, beside.key_span, beside.value.span
        layout, node = self._at(call)
        if node.parent is None or node.parent.type not in STATEMENTS or not layout.rest_is_comment(call.end):
            raise _refused(call, "leaves no room for a call after it")
        before, tail = layout.text.between(call.start, key.start), layout.text.between(value.end, call.end)
        indent = layout.indent(call.start)
        head = f"{before}{atom(name)}, "
        column = len(indent) + len(head.rpartition("\n")[2])
        statement = f"{head}{self._render(layout, new, indent, column)}{tail}"
        return statement_inserted(layout, call.end, indent, statement.replace("\r\n", "\n"), comment)

    def _first_inserted(self, table: Table, name: str, new: New, comment: tuple[str, ...]) -> Edit:
        """Into `%{}`, with what white space and comments stand in it."""
        layout, node = self._at(table.span)
        if node.type != "map":
            raise _refused(table.span, "has no brackets to write into")
        opening = table.span.start + layout.content[table.span.start : table.span.end].index(b"{") + 1
        within = layout.text.between(opening, table.span.end - 1)
        key = _map_key(name)
        outer = layout.indent(table.span.start)
        one = f"{key} {self._render(layout, new, outer, layout.column(opening) + len(key) + 1)}"
        if not within.strip() and not comment and "\n" not in one:
            return Edit(table.span.file, opening, table.span.end - 1, one.encode())
        inner = f"{outer}  "
        written = f"{key} {self._render(layout, new, inner, len(inner) + len(key) + 1)}"
        lines = "".join(f"\n{inner}{line}" for line in (*comment, written))
        kept = within.rstrip().replace("\r\n", "\n")
        body = f"{kept}{lines}\n{outer}".replace("\n", layout.newline.decode())
        return Edit(table.span.file, opening, table.span.end - 1, body.encode())

    def _render(self, layout: Layout, new: New, indent: str, column: int) -> str:
        return render(new, indent, column, self._quoted)

    def _quoted(self, span: Span, indent: str) -> str:
        layout, node = self._at(span)
        return requoted(layout, node, indent)

    def _at(self, span: Span) -> tuple[Layout, Node]:
        """The innermost node of these bytes."""
        layout, root = self._layout(span.file)
        node = root.named_descendant_for_byte_range(span.start, span.end)
        if node is None:
            raise _refused(span, "is not there any more")
        return layout, node

    def _layout(self, path: str) -> tuple[Layout, Node]:
        if path not in self._layouts:
            content = self._files[path].content
            root = parsed(content)
            self._layouts[path] = (Layout(Text(path, content), root), root)
        return self._layouts[path]


def _edit(span: Span, written: str, layout: Layout) -> Edit:
    return Edit(span.file, span.start, span.end, written.encode().replace(b"\n", layout.newline))


def _refused(span: Span, why: str) -> NotEditable:
    return NotEditable(f"{span.file}, line {span.line}: this {why}. Nothing was changed; change it by hand.")


def _siblings(node: Node) -> int:
    """How many elements stand in the call, list or map of one, itself too."""
    container = node.parent
    if container is None:
        return 1
    elements = [child for child in container.named_children if child.type != "comment"]
    outer = container.parent
    if container.type == "keywords" and outer is not None and outer.type in {"list", "map_content"}:
        elements += [child for child in outer.named_children if child.type not in {"comment", "keywords"}]
    elif container.type in {"list", "map_content"}:
        keywords = [child for child in elements if child.type == "keywords"]
        elements = [child for child in elements if child.type != "keywords"]
        elements += [pair for one in keywords for pair in one.named_children if pair.type == "pair"]
    elif container.type == "keywords":
        elements = [child for child in elements if child.type == "pair"]
    return len(elements)


def _is_bare(container: Node) -> bool:
    """Whether pairs stand without brackets: at the end of a call or a tuple."""
    return (
        container.type == "keywords"
        and container.parent is not None
        and container.parent.type in {"arguments", "tuple"}
    )


def _is_text(layout: Layout, node: Node) -> bool:
    name = next((layout.text.of(child) for child in node.named_children if child.type == "sigil_name"), "")
    return name in {"s", "S"}


def _renamed(kind: str, name: str) -> str:
    """`kind`: of the key's node. The key is written anew as it was: `k:`, `"k":`, `:k` or `"k"`."""
    if kind in {"keyword", "quoted_keyword"}:
        return keyword_key(name).removesuffix(":")
    return text(name) if kind == "string" else atom(name)


def _entry_style(node: Node, name: str) -> tuple[str, str]:
    """What stands before and after the value of a new entry, as its neighbour `node` is written."""
    if node.type == "pair":
        return f"{keyword_key(name)} ", ""
    if node.type == "tuple":
        return f"{{{atom(name)}, ", "}"
    left = node.child_by_field_name("left")
    if left is not None and left.type == "string":
        return f"{text(name)} => ", ""
    return f"{scalar(key_named(name))} => ", ""


def _map_key(name: str) -> str:
    key = key_named(name)
    return keyword_key(key.name) if isinstance(key, Atom) else f"{text(key)} =>"
