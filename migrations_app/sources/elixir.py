"""Elixir source code: which modules it defines, and which modules and functions it refers to, by tree-sitter.

Aliases are resolved as Elixir does, within their block (`alias A.{B, C}`, `as:`, `__MODULE__`). What stands in
comments, strings and heredocs is no code and is not seen. A name that is put together at run time is not seen either.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import tree_sitter_elixir
from tree_sitter import Language, Node, Parser

from migrations_app.sources import elixir_nodes as nodes
from migrations_app.sources.places import Place, SourceTooDeep

_LANGUAGE = Language(tree_sitter_elixir.language())
_DEFINING = {"def", "defmacro", "defdelegate", "defguard", "defcallback"}
_LINKING = {"alias", "import", "require", "use"}


@dataclass(frozen=True, slots=True)
class Definition:
    """A public function or macro of a module; `arities` holds several for default arguments."""

    name: str
    arities: range
    place: Place


@dataclass(frozen=True, slots=True)
class Module:
    """`behaviours` are those of `@behaviour` and `use`."""

    name: str
    functions: tuple[Definition, ...]
    behaviours: frozenset[str]
    place: Place


@dataclass(frozen=True, slots=True)
class Reference:
    """A module that is named: called (`function`, `arity`, its literal `atoms` and `options`), or only named.

    `arity` is None where it cannot be told (`apply` with a list that is no literal).
    """

    module: str
    place: Place
    function: str = ""
    arity: int | None = None
    atoms: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ElixirSource:
    """`errors` are the atoms of `{:error, :atom}`, `dependencies` the texts of `{:name, "text", ...}` as they stand in
    `mix.exs`; `broken` are the places that are no Elixir."""

    modules: tuple[Module, ...]
    references: tuple[Reference, ...]
    errors: tuple[tuple[str, Place], ...]
    dependencies: tuple[tuple[str, str, Place], ...]
    broken: tuple[Place, ...]


def read(content: bytes) -> ElixirSource:
    """Raises SourceTooDeep. Around a place that is broken the rest is read all the same."""
    reading = _Reading()
    root = Parser(_LANGUAGE).parse(content).root_node
    try:
        reading.walk(root, _Scope())
    except RecursionError as error:
        raise SourceTooDeep from error
    return ElixirSource(
        tuple(reading.modules),
        tuple(reading.references),
        tuple(reading.errors),
        tuple(reading.dependencies),
        tuple(nodes.broken(root)),
    )


@dataclass
class _Scope:
    """Names are visible to the end of the block; a nested block inherits them and gives none back."""

    module: str = ""
    aliases: dict[str, str] = field(default_factory=dict)

    def inner(self, module: str | None = None) -> "_Scope":
        return _Scope(self.module if module is None else module, dict(self.aliases))

    def resolved(self, name: str) -> str:
        first, dot, rest = name.partition(".")
        if first == "__MODULE__":
            return self.module + dot + rest
        return self.aliases.get(first, first) + dot + rest


@dataclass
class _Reading:
    modules: list[Module] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    errors: list[tuple[str, Place]] = field(default_factory=list)
    dependencies: list[tuple[str, str, Place]] = field(default_factory=list)

    def walk(self, node: Node, scope: _Scope) -> None:
        if node.type == "call" and self._call(node, scope):
            return
        if node.type == "alias" or (node.type == "dot" and nodes.module_name(node)):
            self._refer(nodes.module_name(node), node, scope)
            return
        if node.type == "unary_operator" and nodes.text(node).startswith("&") and self._capture(node, scope):
            return
        if node.type == "tuple":
            self._tuple(node)
        if node.type in ("do_block", "stab_clause"):
            scope = scope.inner()
        for child in node.named_children:
            self.walk(child, scope)

    def _tuple(self, node: Node) -> None:
        items = node.named_children
        if len(items) < 2 or items[0].type != "atom":
            return
        first, second = nodes.text(items[0]).removeprefix(":"), items[1]
        if first == "error" and second.type == "atom" and len(items) == 2:
            self.errors.append((nodes.text(second).removeprefix(":"), nodes.place(node)))
        elif second.type == "string":
            self.dependencies.append((first, nodes.text(second).strip('"'), nodes.place(node)))

    def _call(self, node: Node, scope: _Scope) -> bool:
        """Whether nothing of the call is left to look at."""
        target = node.child_by_field_name("target")
        word = nodes.text(target) if target is not None and target.type == "identifier" else ""
        if word == "defmodule":
            return self._define_module(node, scope)
        if word in _LINKING:
            return self._link(word, node, scope)
        if word == "apply":
            return self._apply(node, scope)
        if target is not None and target.type == "dot":
            return self._remote(node, target, scope)
        return False

    def _define_module(self, node: Node, scope: _Scope) -> bool:
        arguments = nodes.arguments(node)
        name = nodes.module_name(arguments[0]) if arguments else ""
        if not name:
            return False
        full = f"{scope.module}.{name}" if scope.module else scope.resolved(name)
        if scope.module:
            scope.aliases[name.partition(".")[0]] = f"{scope.module}.{name.partition('.')[0]}"
        at = len(self.modules)
        self.modules.append(Module(full, (), frozenset(), nodes.place(node)))
        inner = scope.inner(full)
        for child in nodes.blocks(node):
            for part in child.named_children:
                self.walk(part, inner)
        functions = tuple(found for child in nodes.blocks(node) for found in _definitions(child))
        behaviours = frozenset(inner.resolved(name) for child in nodes.blocks(node) for name in _behaviours(child))
        self.modules[at] = replace(self.modules[at], functions=functions, behaviours=behaviours)
        return True

    def _link(self, word: str, node: Node, scope: _Scope) -> bool:
        arguments = nodes.arguments(node)
        if not arguments:
            return False
        for name, named in nodes.linked(arguments[0]):
            full = scope.resolved(name)
            if word == "alias":
                scope.aliases[nodes.given_name(arguments) or full.rpartition(".")[2]] = full
            elif as_name := nodes.given_name(arguments):
                scope.aliases[as_name] = full
            self._refer(full, named, _Scope())
        for argument in arguments[1:]:
            if argument.type != "keywords" or not nodes.given_name(arguments):
                self.walk(argument, scope)
        return True

    def _apply(self, node: Node, scope: _Scope) -> bool:
        arguments = nodes.arguments(node)
        if len(arguments) < 2 or not nodes.module_name(arguments[0]) or arguments[1].type != "atom":
            return False
        arity = len(arguments[2].named_children) if len(arguments) > 2 and arguments[2].type == "list" else None
        name = scope.resolved(nodes.module_name(arguments[0]))
        self.references.append(Reference(name, nodes.place(node), nodes.text(arguments[1]).removeprefix(":"), arity))
        for argument in arguments[2:]:
            self.walk(argument, scope)
        return True

    def _remote(self, node: Node, target: Node, scope: _Scope) -> bool:
        left, right = target.child_by_field_name("left"), target.child_by_field_name("right")
        if left is None or right is None or right.type != "identifier":
            return False
        name = nodes.text(left) if left.type == "atom" else nodes.module_name(left)
        if not name:
            return False
        arguments = nodes.arguments(node)
        self.references.append(
            Reference(
                name if left.type == "atom" else scope.resolved(name),
                nodes.place(node),
                nodes.text(right),
                nodes.arity(node, arguments),
                tuple(nodes.text(one).removeprefix(":") for one in arguments if one.type == "atom"),
                tuple(key for one in arguments if one.type == "keywords" for key in nodes.keys(one)),
            )
        )
        for child in node.named_children:
            if child != target:
                self.walk(child, scope)
        return True

    def _capture(self, node: Node, scope: _Scope) -> bool:
        """`&Snakepit.Pool.get_stats/1`"""
        operand = node.child_by_field_name("operand")
        if operand is None or operand.type != "binary_operator" or nodes.operator(operand) != "/":
            return False
        left, right = operand.child_by_field_name("left"), operand.child_by_field_name("right")
        target = left.child_by_field_name("target") if left is not None and left.type == "call" else None
        if target is None or target.type != "dot" or right is None or right.type != "integer":
            return False
        module, function = target.child_by_field_name("left"), target.child_by_field_name("right")
        if module is None or function is None or not nodes.module_name(module):
            return False
        self.references.append(
            Reference(
                scope.resolved(nodes.module_name(module)),
                nodes.place(node),
                nodes.text(function),
                int(nodes.text(right)),
            )
        )
        return True

    def _refer(self, name: str, node: Node, scope: _Scope) -> None:
        self.references.append(Reference(scope.resolved(name), nodes.place(node)))


def _definitions(block: Node) -> Iterator[Definition]:
    for call in block.named_children:
        target = call.child_by_field_name("target") if call.type == "call" else None
        if target is None or nodes.text(target) not in _DEFINING:
            continue
        arguments = nodes.arguments(call)
        head = arguments[0] if arguments else None
        while head is not None and head.type == "binary_operator":  # a guard
            head = head.child_by_field_name("left")
        if head is None:
            continue
        if head.type == "identifier":
            yield Definition(nodes.text(head), range(1), nodes.place(call))
        elif head.type == "call" and (named := head.child_by_field_name("target")) is not None:
            takes = nodes.arguments(head)
            defaults = sum(one.type == "binary_operator" and nodes.operator(one) == "\\\\" for one in takes)
            yield Definition(nodes.text(named), range(len(takes) - defaults, len(takes) + 1), nodes.place(call))


def _behaviours(block: Node) -> Iterator[str]:
    for part in block.named_children:
        call = part.child_by_field_name("operand") if part.type == "unary_operator" else part
        target = call.child_by_field_name("target") if call is not None and call.type == "call" else None
        if call is not None and target is not None and nodes.text(target) in ("behaviour", "use"):
            yield from (name for one in nodes.arguments(call)[:1] if (name := nodes.module_name(one)))
