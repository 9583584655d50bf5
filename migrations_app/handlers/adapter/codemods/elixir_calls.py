"""Calls of Snakepit that name a tool: the literal name becomes the new one; what is decided at run time is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.formats.elixir.rendering import text as quoted
from migrations_app.configuration.formats.elixir.strings import plain
from migrations_app.configuration.formats.text import Text
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch
from migrations_app.handlers.adapter.facts import Lines
from migrations_app.sources import elixir
from migrations_app.sources import elixir_nodes as nodes
from migrations_app.sources.elixir import Reference

# Where a function takes the tool's name, and where its options.
_CALLS: Final[dict[tuple[str, str], tuple[int, int]]] = {
    ("Snakepit", "execute"): (0, 2),
    ("Snakepit", "execute_in_session"): (1, 3),
    ("Snakepit", "execute_stream"): (0, 3),
    ("Snakepit", "execute_in_session_stream"): (1, 4),
    ("Snakepit.Pool", "execute"): (0, 2),
    ("Snakepit.Pool", "execute_stream"): (0, 3),
}
_POOL_OPTIONS: Final = frozenset({"pool", "pool_name"})


@dataclass(slots=True)
class CallChanges:
    edits: set[Edit] = field(default_factory=set)
    lines: list[Lines] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ElixirCalls:
    """Of one file. Only where tools are renamed is there anything to do."""

    text: Text
    root: Node
    switch: Switch

    def change(self) -> CallChanges:
        """Raises SourceTooDeep."""
        changes = CallChanges()
        source = elixir.read(self.text.content)
        if not any(one.module.partition(".")[0] == "Snakepit" for one in source.references):
            return changes
        for one in source.references:
            if (one.module, one.function) in _CALLS:
                self._reference(one, changes)
            elif one.module == "Snakepit" and not one.function and self._is_import(one):
                self._refuse(changes, self._node(one), "imported", "Calls of Snakepit stand here without its name.")
        self._elsewhere(changes)
        return changes

    def _reference(self, one: Reference, changes: CallChanges) -> None:
        call = self._node(one)
        target = call.child_by_field_name("target") if call.type == "call" else None
        if target is None or target.type != "dot":
            self._refuse(changes, call, "dynamic_name", "The call is put together at run time.")
            return
        given = nodes.arguments(call)
        if (piped := _piped(call)) is not None:
            given = [piped, *given]
        name_at, options_at = _CALLS[one.module, one.function]
        if name_at >= len(given):
            return
        tool = given[name_at]
        name = plain(self.text, tool) if tool.type == "string" else None
        if name is None:
            self._refuse(changes, tool, "dynamic_name", "Which tool is called is decided at run time.")
        elif name in self.switch.renamed:
            options = given[options_at] if options_at < len(given) else None
            if self._chooses_pool(one, options):
                message = "The call chooses its pool, which may have another adapter with a tool of this name."
                self._refuse(changes, tool, "pool_not_known", message)
                return
            written = quoted(self.switch.renamed[name]).encode()
            changes.edits.add(Edit(self.text.path, tool.start_byte, tool.end_byte, written))
            changes.lines.append(self._lines(tool))

    def _chooses_pool(self, one: Reference, options: Node | None) -> bool:
        if _POOL_OPTIONS & set(one.options):
            return True
        if options is None or options.type in ("keywords", "anonymous_function"):
            return False
        inner = [child for child in options.named_children if child.type != "comment"]
        keys = {key for child in inner if child.type == "keywords" for key in nodes.keys(child)}
        return options.type != "list" or bool(_POOL_OPTIONS & keys) or any(one.type != "keywords" for one in inner)

    def _elsewhere(self, changes: CallChanges) -> None:
        """The name of a renamed tool as a text by itself: in a list that is called through, in an attribute."""
        done = {edit.start for edit in changes.edits}
        seen = {(one.lines.first, one.lines.last) for one in changes.refused}
        for node in strings(self.root):
            name = plain(self.text, node) if node.type == "string" else None
            lines = self._lines(node)
            if name in self.switch.renamed and node.start_byte not in done and (lines.first, lines.last) not in seen:
                self._refuse(changes, node, "tool_named", f"The text {name!r} may be the name of the tool.")

    def _is_import(self, one: Reference) -> bool:
        node: Node | None = self._node(one)
        while node is not None and node.type != "call":
            node = node.parent
        target = node.child_by_field_name("target") if node is not None else None
        return target is not None and nodes.text(target) == "import"

    def _node(self, one: Reference) -> Node:
        """The widest node of these bytes."""
        node = self.root.named_descendant_for_byte_range(one.place.start, one.place.end) or self.root
        while node.parent is not None and (node.parent.start_byte, node.parent.end_byte) == (
            node.start_byte,
            node.end_byte,
        ):
            if node.type == "call":
                break
            node = node.parent
        return node

    def _refuse(self, changes: CallChanges, node: Node, code: str, message: str) -> None:
        renamed = ", ".join(f"{old} is now {new}" for old, new in sorted(self.switch.renamed.items()))
        changes.refused.append(Refused(self._lines(node), code, message, f"Look at it: {renamed}."))

    def _lines(self, node: Node) -> Lines:
        return Lines(self.text.path, node.start_point.row + 1, node.end_point.row + 1)


def _piped(call: Node) -> Node | None:
    """What stands before `|>`."""
    parent = call.parent
    if parent is None or parent.type != "binary_operator" or nodes.operator(parent) != "|>":
        return None
    left = parent.child_by_field_name("left")
    if parent.child_by_field_name("right") != call or left is None:
        return None
    return left


def strings(root: Node) -> Iterator[Node]:
    """Quoted texts and sigils of the code: no heredocs, no documentation."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "unary_operator" and _documents(node):
            continue
        is_heredoc = any(child.type in ('"""', "'''") for child in node.children)
        if node.type in ("string", "charlist", "sigil", "quoted_atom") and not is_heredoc:
            yield node
        waiting.extend(reversed(node.named_children))


def _documents(node: Node) -> bool:
    """`@doc "..."`."""
    operand = node.child_by_field_name("operand")
    target = operand.child_by_field_name("target") if operand is not None and operand.type == "call" else None
    return nodes.operator(node) == "@" and target is not None and nodes.text(target) in ("doc", "moduledoc", "typedoc")
