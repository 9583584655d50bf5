"""Which names of a project mean the adapter's class: through imports, other names, and modules that hand it on."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrations_app.handlers.adapter.facts import Finding
from migrations_app.handlers.adapter.project.module import Module, parse
from migrations_app.handlers.adapter.project.names import Class, Project


@dataclass(frozen=True, slots=True)
class Meanings:
    """`names`: of each module (by path) those that mean the class; `homes`: where it is defined, more than one when
    the same dotted path fits several files. `exported`: names that another module takes from there."""

    project: Project
    homes: tuple[Class, ...]
    names: Mapping[str, frozenset[str]]
    exported: frozenset[tuple[str, str]]
    unread: tuple[Finding, ...]

    def is_class(self, seen_from: str, module: str, level: int, name: str) -> bool:
        there = self.module(seen_from, module, level)
        return there is not None and name in self.names.get(there.path, ())

    def module(self, seen_from: str, module: str, level: int = 0) -> Module | None:
        return self.project.module(module, seen_from=self.project.modules[seen_from], level=level)

    def inside(self, module: Module, name: str) -> Module | None:
        """A module of a package."""
        return self.project.module(name, seen_from=module, level=1) if module.path.endswith("__init__.py") else None

    def spoken(self) -> frozenset[str]:
        """Every name that means the class anywhere."""
        return frozenset(name for names in self.names.values() for name in names)


def meanings(files: Mapping[str, bytes], old_module: str, old_class: str) -> Meanings:
    """Files that cannot know the class are not parsed."""
    modules: dict[str, Module] = {path: _unknown(path) for path in files}
    unread: dict[str, Finding] = {}
    wanted, known, spoken = {old_class}, set[str](), {old_class}
    while wanted:
        words = [name.encode() for name in wanted]
        for path, content in files.items():
            if path not in known and (b"import *" in content or any(word in content for word in words)):
                known.add(path)
                parsed = parse(path, content)
                if isinstance(parsed, Finding):
                    unread[path] = parsed
                else:
                    modules[path] = parsed
        project = Project(modules)
        homes = tuple(_homes(project, old_module, old_class))
        names, exported = _spread(project, known - unread.keys(), homes, old_class)
        wanted = {name for found in names.values() for name in found} - spoken
        spoken |= wanted
    mentioned = tuple(one for path, one in sorted(unread.items()) if old_class.encode() in files[path])
    return Meanings(project, homes, {path: frozenset(found) for path, found in names.items()}, exported, mentioned)


def _unknown(path: str) -> Module:
    return Module(path, ast.Module([], []), 0)


def _homes(project: Project, old_module: str, old_class: str) -> Iterable[Class]:
    for module in project.modules.values():
        node = module.classes.get(old_class)
        if node is not None and project.dotted_name(module) == old_module:
            yield project.of(node, module)


def _spread(
    project: Project, paths: Iterable[str], homes: Iterable[Class], old_class: str
) -> tuple[dict[str, set[str]], frozenset[tuple[str, str]]]:
    """From module to module along their imports, until nothing is new."""
    names: dict[str, set[str]] = {home.module.path: {old_class} for home in homes}
    exported: set[tuple[str, str]] = set()
    ordered = sorted(paths)
    growing = True
    while growing:
        growing = False
        for path in ordered:
            module = project.modules[path]
            for one in module.imports:
                there = project.module(one.module, seen_from=module, level=one.level) if one.name else None
                if there is None or there.path == path or there.path not in names:
                    continue
                given = names[there.path] if one.name == "*" else names[there.path] & {one.name}
                exported |= {(there.path, name) for name in given}
                called = {alias.asname or alias.name for alias in _aliases(one.node) if alias.name == one.name}
                new = (given if one.name == "*" else called if given else set()) - names.get(path, set())
                if new:
                    names.setdefault(path, set()).update(new)
                    growing = True
    return names, frozenset(exported)


def _aliases(node: ast.stmt) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
