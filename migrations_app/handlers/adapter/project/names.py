"""All modules of a project: which of them an import means, which class a base is, which method a class has."""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from migrations_app.handlers.adapter.project.module import Binding, Function, Imported, Module, dotted

FRAMEWORK = ("BaseAdapter", "ThreadSafeAdapter", "BaseCommandHandler", "BaseBridge")


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    module: Module
    node: ast.ClassDef

    @property
    def name(self) -> str:
        return self.node.name

    def own(self) -> Iterator[Function]:
        yield from (one for one in self.node.body if isinstance(one, Function))


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """`owner` is the class whose body it stands in; None for a function of a module."""

    module: Module
    owner: Class | None
    node: Function | ast.Lambda

    @property
    def name(self) -> str:
        own = self.node.name if isinstance(self.node, Function) else "lambda"
        return f"{self.owner.name}.{own}" if self.owner else own


Assigned = tuple[Method | Class, ast.AST | None]
"""Where an attribute is set, and the value where that is the whole of it."""


@dataclass
class Project:
    modules: Mapping[str, Module]
    assigned: dict[int, dict[str, list[Assigned]]] = field(default_factory=dict)
    loud: dict[str, list[ast.stmt]] = field(default_factory=dict)
    _by_name: dict[str, list[Module]] = field(default_factory=dict)
    _classes: dict[tuple[str, str], Class] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, module in self.modules.items():
            for name in _names_of(path):
                self._by_name.setdefault(name, []).append(module)

    @cached_property
    def replaced(self) -> frozenset[str]:
        """The last names of `patched`."""
        return frozenset(name.rpartition(".")[2] for name in self.patched)

    @cached_property
    def patched(self) -> frozenset[str]:
        return frozenset(name for module in self.modules.values() for name in module.patched)

    def module(self, name: str, *, seen_from: Module, level: int = 0) -> Module | None:
        """The project's module that an import there means; None for one of others."""
        if level:
            directory = PurePosixPath(seen_from.path)
            for _ in range(level):
                directory = directory.parent
            base = (directory / name.replace(".", "/")).as_posix() if name else directory.as_posix()
            return self.modules.get(f"{base}.py") or self.modules.get(f"{base}/__init__.py".removeprefix("./"))
        found = self._by_name.get(name, [])
        for parent in PurePosixPath(seen_from.path).parents:
            base = "" if parent.as_posix() == "." else f"{parent.as_posix()}/"
            tail = name.replace(".", "/")
            for module in found:
                if module.path in (f"{base}{tail}.py", f"{base}{tail}/__init__.py"):
                    return module
        if name.partition(".")[0] in sys.stdlib_module_names or len(found) != 1:
            return None
        return found[0]

    def is_own(self, name: str, *, seen_from: Module) -> bool:
        """Whether the head of a dotted name is a package or module of the project."""
        parts = name.split(".")
        return any(self.module(".".join(parts[:count]), seen_from=seen_from) for count in range(1, len(parts) + 1))

    def follow(self, binding: Binding, module: Module, hops: int = 5) -> tuple[Module, Binding]:
        """Through imports between the project's modules to what is bound there, as far as it goes."""
        while isinstance(binding, Imported) and binding.name and hops:
            there = self.module(binding.module, seen_from=module, level=binding.level)
            if there is None or there.likely(binding.name) is None:
                break
            module, binding, hops = there, there.likely(binding.name), hops - 1
        return module, binding

    def find_class(self, name: str, module: Module) -> Class | None:
        """A class of the project by the name that it has in a module, also by `package.Class`."""
        head, _, last = name.rpartition(".")
        if head:
            binding = module.likely(head.partition(".")[0])
            if not isinstance(binding, Imported):
                return None
            path = f"{binding.module}.{binding.name}".rstrip(".") if binding.name else head
            there = self.module(path, seen_from=module, level=binding.level)
            return self.find_class(last, there) if there else None
        home, found = self.follow(module.likely(name), module)
        return self.of(found, home) if isinstance(found, ast.ClassDef) else None

    def of(self, node: ast.ClassDef, module: Module) -> Class:
        return self._classes.setdefault((module.path, f"{node.name}:{node.lineno}"), Class(module, node))

    def lineage(self, found: Class) -> list[Class]:
        """The class and its bases within the project, nearest first; Snakepit's own bases are not looked into."""
        seen: list[Class] = []
        waiting = [found]
        while waiting and len(seen) < 20:
            one = waiting.pop(0)
            if one in seen:
                continue
            seen.append(one)
            for base in one.node.bases:
                name = dotted(base)
                if name.rpartition(".")[2] not in FRAMEWORK and (inner := self.find_class(name, one.module)):
                    waiting.append(inner)
        return seen

    def foreign_bases(self, found: Class) -> list[str]:
        """Bases, as they are written, that are neither in the project nor Snakepit's own nor `object` nor `ABC`."""
        known = {*FRAMEWORK, "object", "ABC"}
        return [
            ast.unparse(base)
            for one in self.lineage(found)
            for base in one.node.bases
            if dotted(base).rpartition(".")[2] not in known and self.find_class(dotted(base), one.module) is None
        ]

    def method(self, found: Class, name: str, *, after: Class | None = None) -> Method | None:
        """By the order of bases; with `after`, what `super()` means there."""
        lineage = self.lineage(found)
        for one in lineage[lineage.index(after) + 1 :] if after in lineage else lineage:
            for method in reversed(list(one.own())):
                if method.name == name:
                    return Method(one.module, one, method)
        return None

    def dotted_name(self, module: Module) -> str:
        """As `--adapter` names it: from the nearest directory that is no package on."""
        path = PurePosixPath(module.path)
        parts = [path.stem]
        for parent in path.parents:
            if parent.as_posix() == "." or f"{parent.as_posix()}/__init__.py" not in self.modules:
                break
            parts.insert(0, parent.name)
        return ".".join(parts)


def _names_of(path: str) -> Iterator[str]:
    """Every dotted name under which some directory on the search path would give this file."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    yield from (".".join(parts[start:]) for start in range(len(parts)))
