"""A configuration in Elixir: its first file, what that imports, and `runtime.exs` as the last."""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import tree_sitter_elixir
from tree_sitter import Language, Node, Parser

from migrations_app.configuration.document import Condition, ConfigFile, Configuration, FileFormat, Setting
from migrations_app.configuration.formats.elixir import imports
from migrations_app.configuration.formats.elixir.calls import Calls
from migrations_app.configuration.formats.elixir.conditions import Branches, named_environments
from migrations_app.configuration.formats.elixir.scope import Scope
from migrations_app.configuration.formats.syntax import syntax_problems
from migrations_app.configuration.formats.text import Text, nested_too_deep, unreadable
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Span

ELIXIR = Language(tree_sitter_elixir.language())
CLOSED_BY = {"(": ")", "[": "]", "{": "}", "<<": ">>", "#{": "}", "do": "end", "fn": "end"}
RESERVED = frozenset({"do", "end", "else", "rescue", "catch", "after", "when", "and", "or", "in", "not", "fn"})
ENVIRONMENTS = ("dev", "test", "prod")
Files = Callable[[str], bytes | None]


def parsed(content: bytes) -> Node:
    return Parser(ELIXIR).parse(content).root_node


@dataclass(slots=True)
class ElixirReader:
    """`files` gives the bytes of a path relative to the first file's directory, or None."""

    files: Files
    environments: Iterable[str] = ENVIRONMENTS
    _universe: frozenset[str] = frozenset()
    _missing: set[str] = field(default_factory=set)
    _read: dict[str, ConfigFile] = field(default_factory=dict)
    _settings: list[Setting] = field(default_factory=list)
    _problems: list[ConfigProblem] = field(default_factory=list)
    _imports: list[Span] = field(default_factory=list)

    def read(self, path: str, content: bytes) -> Configuration:
        path = posixpath.normpath(path)
        named = frozenset(self.environments)
        root = self._root(path, content)
        runtime = posixpath.join(posixpath.dirname(path), "runtime.exs")
        last = self.files(runtime) if posixpath.basename(path) == "config.exs" else None
        last_root = self._root(runtime, last) if last is not None else None
        for at, tree in ((path, root), (runtime, last_root)):
            named |= named_environments(Text(at, self._read[at].content), tree) if tree is not None else frozenset()
        self._universe = named
        for at, tree in ((path, root), (runtime, last_root)):
            if tree is not None:
                self._walk(at, tree, (), (at,))
        return Configuration(
            files=self._read,
            settings=tuple(self._settings),
            environments=self._told_apart(),
            problems=tuple(dict.fromkeys(self._problems)),
            imports=tuple(dict.fromkeys(self._imports)),
        )

    def _root(self, path: str, content: bytes) -> Node | None:
        """The file's tree; None and its problems where nothing of it can be read."""
        self._read[path] = ConfigFile(path, FileFormat.ELIXIR, content)
        refused = unreadable(path, content)
        if refused is not None:
            self._problems.append(refused)
            return None
        text, root = Text(path, content), parsed(content)
        deep = nested_too_deep(text, root)
        found = (deep,) if deep is not None else syntax_problems(text, root, CLOSED_BY, RESERVED)
        self._problems += found
        return None if found else root

    def _walk(self, path: str, root: Node, conditions: tuple[Condition, ...], chain: tuple[str, ...]) -> None:
        text = Text(path, self._read[path].content)

        def importing(call: Node, scope: Scope, at: tuple[Condition, ...]) -> None:
            self._import(text, call, scope, at, chain)

        branches = Branches(text, self._universe)
        Calls(text, branches, self._settings, self._problems, importing).read(root, Scope(), conditions)

    def _import(
        self, text: Text, call: Node, scope: Scope, conditions: tuple[Condition, ...], chain: tuple[str, ...]
    ) -> None:
        self._imports.append(text.at(call))
        possible = self._universe.intersection(*(c.environments for c in conditions if c.environments is not None))
        wanted = imports.imported(text, call, scope, possible)
        if wanted is None:
            self._problems.append(imports.undecidable(text, call))
            return
        absent = [one for one in wanted if not self._import_one(text, call, one, conditions, chain)]
        if absent:
            lacking = [one.environment for one in absent if one.environment is not None]
            some = lacking if len(absent) < len(wanted) else []
            paths = [one.path for one in absent]
            self._problems.append(imports.missing(text, call, paths, some, conditions))
            self._missing |= set(some)

    def _import_one(
        self,
        text: Text,
        call: Node,
        wanted: imports.Imported,
        conditions: tuple[Condition, ...],
        chain: tuple[str, ...],
    ) -> bool:
        """False when the file is missing."""
        if imports.leaves_root(wanted.path):
            self._problems.append(imports.outside(text, call, wanted.path))
            return True
        if wanted.path in chain:
            self._problems.append(imports.circular(text, call, wanted.path))
            return True
        content = self.files(wanted.path)
        if content is None:
            return False
        root = self._root(wanted.path, content)
        if wanted.environment is not None:
            taken = Condition(" ".join(text.of(call).split()), frozenset({wanted.environment}), text.at(call))
            conditions = (*conditions, taken)
        if root is not None:
            self._walk(wanted.path, root, conditions, (*chain, wanted.path))
        return True

    def _told_apart(self) -> tuple[str, ...]:
        decided = any(c.environments is not None for setting in self._settings for c in setting.conditions)
        return tuple(sorted(self._universe - self._missing)) if decided or self._missing else ("prod",)
