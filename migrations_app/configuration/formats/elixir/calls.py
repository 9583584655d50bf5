"""The calls of a file that give the application its keys, with the branches that they stand in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tree_sitter import Node

from migrations_app.configuration.document import CallForm, Condition, Setting
from migrations_app.configuration.formats.elixir.conditions import BRANCHING, Branches
from migrations_app.configuration.formats.elixir.literals import Literals, NotLiteral
from migrations_app.configuration.formats.elixir.scope import Scope, arguments, bound_name, called
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.values import Atom, Module, Span

APPLICATION = Atom("snakepit")
CONFIG = frozenset({"config", "Config.config", "Mix.Config.config"})
IMPORT = frozenset({"import_config", "Config.import_config", "Mix.Config.import_config"})
PUT_ENV = frozenset({"Application.put_env", ":application.set_env"})
TRANSPARENT = frozenset({"source", "block", "body"})
Importing = Callable[[Node, Scope, tuple[Condition, ...]], None]


@dataclass(slots=True)
class Calls:
    """Walks one file. `importing` is called for every `import_config` where it stands."""

    text: Text
    branches: Branches
    settings: list[Setting]
    problems: list[ConfigProblem]
    importing: Importing
    _literals: Literals = field(init=False)

    def __post_init__(self) -> None:
        self._literals = Literals(self.text)

    def read(self, node: Node, scope: Scope, conditions: tuple[Condition, ...]) -> None:
        name = called(self.text, node)
        if node.type in TRANSPARENT or name == "defmodule":
            self._all(_statements(node), scope if node.type != "call" else scope.inner(), conditions)
        elif name in CONFIG:
            self._config(node, scope, conditions)
        elif name in PUT_ENV:
            self._put_env(node, scope, conditions)
        elif name in IMPORT:
            self.importing(node, scope, conditions)
        elif name == "alias":
            scope.alias(self.text, node)
        elif name in BRANCHING:
            for branch in self.branches.of(node, scope):
                self._all(branch.statements, branch.scope, conditions + branch.conditions)
        else:
            self._other(node, name, scope, conditions)

    def _all(self, statements: tuple[Node, ...], scope: Scope, conditions: tuple[Condition, ...]) -> None:
        for statement in statements:
            self.read(statement, scope, conditions)

    def _other(self, node: Node, name: str, scope: Scope, conditions: tuple[Condition, ...]) -> None:
        """Whatever else runs code: only the running system knows whether, and how often."""
        bound = bound_name(node)
        if bound is not None:
            scope.bind(self.text, *bound)
        elsewhere = name.endswith(".configure_snakepit!") or (
            name == "Application.put_all_env" and "snakepit" in self.text.of(node)
        )
        if elsewhere:
            self.problems.append(self._set_elsewhere(node, name))
        inner, within = scope.inner(), conditions
        if not (conditions and conditions[-1].environments is None and conditions[-1].span.end >= node.end_byte):
            first = self.text.of(node).partition("\n")[0].strip().removesuffix(" do")
            within = (*conditions, Condition(first, None, self.text.at(node)))
        for child in node.named_children:
            if child.type not in {"comment", "string", "atom", "integer", "identifier", "alias"}:
                self.read(child, inner, within)

    def _config(self, call: Node, scope: Scope, conditions: tuple[Condition, ...]) -> None:
        given = arguments(call)
        if len(given) not in {2, 3} or not self._ours(given[0], scope):
            return
        if len(given) == 3:
            self._one(call, given[1], given[2], CallForm.SUB_KEY, scope, conditions)
            return
        pairs = self._literals.keyword(given[1], scope)
        if pairs is None:
            self.problems.append(self._unknown_keys(call, given[1]))
            return
        self.settings += [
            Setting(entry.name, entry.value, CallForm.KEYS, entry.span, entry.key.span, self.text.at(call), conditions)
            for entry in pairs.entries
        ]
        names: set[str] = set()
        for entry in pairs.entries:
            if entry.name in names:
                self.problems.append(self._twice(entry.name, entry.span))
            names.add(entry.name)

    def _put_env(self, call: Node, scope: Scope, conditions: tuple[Condition, ...]) -> None:
        given = arguments(call)
        if len(given) in {3, 4} and self._ours(given[0], scope):
            self._one(call, given[1], given[2], CallForm.PUT_ENV, scope, conditions)

    def _one(
        self, call: Node, key: Node, value: Node, form: CallForm, scope: Scope, conditions: tuple[Condition, ...]
    ) -> None:
        name = self._name(key, scope)
        if name is None:
            self.problems.append(self._unknown_keys(call, key))
            return
        span = self.text.span(key.start_byte, value.end_byte)
        read = self._literals.value(value, scope)
        self.settings.append(Setting(name, read, form, span, self.text.at(key), self.text.at(call), conditions))

    def _ours(self, node: Node, scope: Scope) -> bool:
        try:
            return self._literals.scalar(node, scope) == APPLICATION
        except NotLiteral:
            return False

    def _name(self, node: Node, scope: Scope) -> str | None:
        try:
            key = self._literals.scalar(node, scope)
        except NotLiteral:
            return None
        return key.name if isinstance(key, Atom | Module) else None

    def _unknown_keys(self, call: Node, keys: Node) -> ConfigProblem:
        return ConfigProblem(
            "keys-at-run-time",
            Severity.WARNING,
            "",
            f"Which keys this call gives is decided at run time by `{_start(self.text.of(keys))}`. "
            "They are not looked at and stay as they are.",
            "Look at them yourself, or write the keys out.",
            self.text.at(call),
        )

    def _set_elsewhere(self, call: Node, name: str) -> ConfigProblem:
        return ConfigProblem(
            "set-elsewhere",
            Severity.NOTICE,
            "",
            f"`{name}` gives Snakepit further keys when it runs. They are not looked at and stay as they are.",
            "Look at what it sets, at the version that you go to.",
            self.text.at(call),
        )

    def _twice(self, key: str, span: Span) -> ConfigProblem:
        return ConfigProblem(
            "key-twice",
            Severity.ERROR,
            key,
            f"`{key}` stands twice in one call, which keeps Erlang from starting any application.",
            "Keep one of them.",
            span,
        )


def _statements(node: Node) -> tuple[Node, ...]:
    """Of a file, a block, or a module's body."""
    if node.type == "call":
        block = next((child for child in node.named_children if child.type == "do_block"), None)
        return _statements(block) if block is not None else ()
    return tuple(child for child in node.named_children if child.type != "comment")


def _start(written: str) -> str:
    first = written.partition("\n")[0].strip()
    return first if len(first) <= 40 else f"{first[:39]}…"
