"""Which attributes of an adapter its own code sets: where, and to what."""

import ast
from typing import Final

from migrations_app.handlers.adapter.project.module import Function
from migrations_app.handlers.adapter.project.names import Assigned, Class, Method, Project
from migrations_app.handlers.adapter.project.quiet import own_nodes

EVERY: Final = ""  # the key of what may set any attribute
_READS: Final = ("get", "keys", "items", "values")


def attributes_of(project: Project, found: Class, *, calls_change: bool = True) -> dict[str, list[Assigned]]:
    """By the attribute's name, for the class and its bases. A value of None: not known, or changed in place, as a call
    of one of its methods may do it."""
    attributes: dict[str, list[Assigned]] = {}
    for one in project.lineage(found):
        for statement in one.node.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        attributes.setdefault(target.id, []).append((one, statement.value))
        for own in one.own():
            for name, value in _set_in(own, calls_change):
                attributes.setdefault(name, []).append((Method(one.module, one, own), value))
    return attributes


def _set_in(function: Function, calls_change: bool) -> list[tuple[str, ast.AST | None]]:
    found: list[tuple[str, ast.AST | None]] = []
    whole: dict[int, ast.expr | None] = {}
    for node in own_nodes(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            whole[id(node.targets[0])] = node.value
        elif isinstance(node, ast.AnnAssign):
            whole[id(node.target)] = node.value
    for node in own_nodes(function):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                found.append((name, whole.get(id(node)) if function.name == "__init__" else None))
            case ast.Subscript(value=ast.Attribute(attr=name), ctx=ast.Store() | ast.Del()):
                found.append((name, None))
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr=method)) if (
                calls_change and method not in _READS
            ):
                found.append((name, None))
            case ast.Call(func=ast.Name(id="setattr" | "delattr" | "vars")):
                found.append((EVERY, None))
    return found
