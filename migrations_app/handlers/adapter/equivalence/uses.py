"""How a body uses its parameters: what kind of value each seems to be, and which constants it is compared with."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from migrations_app.handlers.adapter.facts import Tool

_TEXT_METHODS: Final = frozenset(name for name in dir(str) if not name.startswith("_") and not hasattr(list, name))
_LIST_METHODS: Final = frozenset({"append", "extend", "insert", "sort", "reverse"})
_DICT_METHODS: Final = frozenset({"items", "keys", "values", "get", "setdefault", "update"})
_CALLS: Final = {
    "int": "int",
    "round": "float",
    "abs": "float",
    "float": "float",
    "str": "text",
    "len": "list",
    "sum": "list",
    "sorted": "list",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "enumerate": "list",
    "zip": "list",
    "min": "list",
    "max": "list",
    "range": "int",
    "dict": "dict",
    "loads": "json",
    "fromisoformat": "date",
    "array": "array",
    "asarray": "array",
    "DataFrame": "table",
    "Series": "array",
}
_MODULES: Final = {
    "math": "float",
    "statistics": "list",
    "np": "array",
    "numpy": "array",
    "re": "text",
    "textwrap": "text",
}


@dataclass(slots=True)
class Use:
    hints: list[str] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def add(self, hint: str) -> None:
        if hint not in self.hints:
            self.hints.append(hint)

    def compare(self, constant: Any) -> None:
        """With its neighbours, where it is a number: a branch turns there."""
        around = [constant - 1, constant, constant + 1] if type(constant) in (int, float) else [constant]
        self.constants += [
            one
            for one in around
            if not any(one is kept or (type(one), one) == (type(kept), kept) for kept in self.constants)
        ]


def uses(root: Path, tool: Tool) -> dict[str, Use]:
    """By the parameter's name, over all functions that the tool reaches. Read from the files, not run."""
    found: dict[str, Use] = {}
    for path in sorted({one.rpartition(":")[0] for one in tool.functions}):
        names = {one.rpartition(":")[2] for one in tool.functions if one.startswith(f"{path}:")}
        try:
            tree = ast.parse((root / path).read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for function in _functions(tree, names):
            for node in ast.walk(function):
                _note(node, found)
    return found


def _functions(tree: ast.Module, names: set[str]) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        if isinstance(node, ast.Module | ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and f"{owner}{one.name}" in names:
                    yield one
        elif isinstance(node, ast.Lambda) and any(one.rpartition(".")[2] == "lambda" for one in names):
            yield node


def _note(node: ast.AST, found: dict[str, Use]) -> None:
    match node:
        case ast.Call():
            _called(node, found)
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            _add("list", [iterated], found)
        case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
            _add("dict" if isinstance(key, str) else "list", [owner], found)
        case ast.BinOp(left=left, op=ast.Sub() | ast.Mult() | ast.Div() | ast.Pow() | ast.FloorDiv(), right=right):
            _add("float", [left, right], found)
        case ast.FormattedValue(value=value):
            _add("text", [value], found)
        case ast.Compare(left=left, comparators=others):
            sides = [left, *others]
            for one in (name for side in sides for name in _named(side)):
                for constant in _constants(sides):
                    found.setdefault(one, Use()).compare(constant)


def _called(node: ast.Call, found: dict[str, Use]) -> None:
    match node.func:
        case ast.Attribute(value=owner, attr=name):
            for one in _named(owner):
                _by_method(name, found.setdefault(one, Use()))
            hint = _CALLS.get(name) or (_MODULES.get(owner.id) if isinstance(owner, ast.Name) else None)
        case ast.Name(id=name):
            hint = _CALLS.get(name)
        case _:
            return
    if hint:
        _add(hint, [*node.args, *(one.value for one in node.keywords)], found)


def _add(hint: str, nodes: Iterable[ast.expr], found: dict[str, Use]) -> None:
    for one in (name for node in nodes for name in _named(node)):
        found.setdefault(one, Use()).add(hint)


def _by_method(name: str, use: Use) -> None:
    if name in _LIST_METHODS:
        use.add("list")
    elif name in _DICT_METHODS:
        use.add("dict")
    elif name == "decode":
        use.add("bytes")
    elif name in _TEXT_METHODS:
        use.add("text")


def _named(node: ast.AST) -> list[str]:
    """A name, or what `arguments["name"]` and `arguments.get("name")` look up."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(name))) if (
            "arg" in owner or "param" in owner
        ):
            return [name]
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return [name]
    return []


def _constants(sides: Iterable[ast.expr]) -> Iterator[Any]:
    for side in sides:
        try:
            value = ast.literal_eval(side)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        for one in value if isinstance(value, tuple | list | set) else [value]:
            if isinstance(one, str | int | float | bool):
                yield one
