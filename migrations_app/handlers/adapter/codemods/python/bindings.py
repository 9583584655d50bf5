"""What brings the adapter's class into a file, and every place where the file then speaks of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst
from libcst import metadata

from migrations_app.handlers.adapter.codemods.python.meanings import Meanings
from migrations_app.handlers.adapter.codemods.python.source import Source
from migrations_app.handlers.adapter.project.module import Module

ImportStatement = cst.Import | cst.ImportFrom


@dataclass(slots=True)
class Binding:
    """An item of an import, or (`item` None) the class's own definition. `uses`: where the class is meant, as `C` or
    `module.C`; `others`: where something else of the module is, or the module itself; `twice`: the name is bound by
    something else too, so that nothing is certain."""

    local: str
    scope: metadata.Scope
    statement: ImportStatement | None = None
    item: cst.ImportAlias | None = None
    is_module: bool = False
    twice: bool = False
    uses: list[cst.BaseExpression] = field(default_factory=list)
    others: list[cst.CSTNode] = field(default_factory=list)


def bindings(source: Source, known: Meanings) -> list[Binding]:
    found: list[Binding] = []
    captured = captures(source)
    for scope in dict.fromkeys(scope for scope in source.scopes.values() if scope is not None):
        for assignment in scope.assignments:
            binding = _binding(source, known, scope, assignment)
            if binding is not None:
                same = list(scope.assignments[assignment.name])
                binding.twice = len(same) > 1 or binding.local.partition(".")[0] in captured
                found.append(binding)
    return found


def star_imports(source: Source, known: Meanings) -> Iterator[cst.CSTNode]:
    """`import *` that may bring the class, where the file has its name; and each place that has it."""
    for node in source.nodes() if b"*" in source.text else ():
        if isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar):
            there = known.module(source.path, dotted(node.module), len(node.relative))
            names = known.names.get(there.path, frozenset()) if there is not None else frozenset()
            used = [one for one in source.nodes() if isinstance(one, cst.Name) and _reads(source, one, names)]
            if used:
                yield node
                yield from used


def unresolved_imports(source: Source, module: str, name: str) -> Iterator[cst.CSTNode]:
    """`from module import name`, for a module that is not among the files."""
    for node in source.nodes():
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            if dotted(node.module) == module and any(dotted(one.name) == name for one in node.names):
                yield node
        elif isinstance(node, cst.Import) and any(dotted(one.name) == module for one in node.names):
            yield node


def captures(source: Source) -> frozenset[str]:
    """Names that patterns of `match` bind, of which libcst's scopes know nothing."""
    found = set()
    for node in source.nodes() if b"match" in source.text else ():
        if isinstance(node, cst.MatchAs | cst.MatchStar) and node.name is not None:
            found.add(node.name.value)
        elif isinstance(node, cst.MatchMapping) and node.rest is not None:
            found.add(node.rest.value)
    return frozenset(found)


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b`; '' for anything else."""
    if isinstance(node, cst.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr.value}" if left else ""
    return node.value if isinstance(node, cst.Name) else ""


def _reads(source: Source, node: cst.Name, names: frozenset[str]) -> bool:
    parent = source.parent(node)
    is_attribute = isinstance(parent, cst.Attribute) and parent.attr is node
    is_key = isinstance(parent, cst.Arg) and parent.keyword is node
    return node.value in names and not is_attribute and not is_key and not isinstance(parent, cst.ImportAlias)


def _binding(
    source: Source, known: Meanings, scope: metadata.Scope, assignment: metadata.BaseAssignment
) -> Binding | None:
    if isinstance(assignment, metadata.ImportAssignment):
        return _imported(source, known, scope, assignment)
    node = getattr(assignment, "node", None)
    if isinstance(node, cst.ClassDef) and any(
        home.module.path == source.path and home.name == node.name.value for home in known.homes
    ):
        binding = Binding(node.name.value, scope)
        start, end = source.span(node)
        for use in _accesses(source, assignment):
            if not start <= source.span(use)[0] < end:
                binding.uses.append(use)
        return binding
    return None


def _imported(
    source: Source, known: Meanings, scope: metadata.Scope, assignment: metadata.ImportAssignment
) -> Binding | None:
    statement = assignment.node
    if not isinstance(statement, cst.Import | cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        return None
    for item in statement.names:
        name = dotted(item.name)
        local = dotted(item.asname.name) if item.asname and isinstance(item.asname.name, cst.Name) else name
        if isinstance(statement, cst.ImportFrom):
            if local != assignment.name:
                continue
            base, level = dotted(statement.module), len(statement.relative)
            if known.is_class(source.path, base, level, name):
                binding = Binding(local, scope, statement, item)
                binding.uses += _accesses(source, assignment)
                return binding
            module = known.module(source.path, f"{base}.{name}".lstrip("."), level)
            return _through(source, known, Binding(local, scope, statement, item, True), module, assignment)
        if item.asname is not None and local == assignment.name:
            module = known.module(source.path, name)
            return _through(source, known, Binding(local, scope, statement, item, True), module, assignment)
        if item.asname is None and (name == assignment.name or name.startswith(f"{assignment.name}.")):
            module = known.module(source.path, assignment.name)
            binding = Binding(assignment.name, scope, statement, item, True)
            return _through(source, known, binding, module, assignment)
    return None


def _through(
    source: Source, known: Meanings, binding: Binding, module: Module | None, assignment: metadata.BaseAssignment
) -> Binding | None:
    """By attributes of a module, of a module of a package."""
    if module is None:
        return None
    for access in _accesses(source, assignment):
        use = _class_under(source, known, access, module)
        if use is None:
            binding.others.append(access)
        else:
            binding.uses.append(use)
    return binding if binding.uses or module.path in known.names else None


def _class_under(
    source: Source, known: Meanings, node: cst.BaseExpression, module: Module
) -> cst.BaseExpression | None:
    there: Module | None = module
    while there is not None:
        parent = source.parent(node)
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            return None
        if parent.attr.value in known.names.get(there.path, ()):
            return parent
        node, there = parent, known.inside(there, parent.attr.value)
    return None


def _accesses(source: Source, assignment: metadata.BaseAssignment) -> Iterable[cst.BaseExpression]:
    found = (access.node for access in assignment.references)
    return sorted((one for one in found if isinstance(one, cst.BaseExpression)), key=lambda one: source.span(one))
