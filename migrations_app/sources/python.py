"""Python source code: what it imports, which classes it defines, what it calls. Never imported."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrations_app.sources.places import Place, SourceTooDeep


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name` or, with an empty name, `import module`."""

    module: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Class:
    """`bases` as they are written; `methods` maps each to whether it is `async`; `attributes` are set in the body."""

    name: str
    bases: tuple[str, ...]
    methods: dict[str, bool]
    attributes: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """`name` as it is written (`context.get_variable`), and the text constants among the arguments."""

    name: str
    texts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class PythonSource:
    imports: tuple[Import, ...] = ()
    classes: tuple[Class, ...] = ()
    calls: tuple[Call, ...] = ()
    functions: tuple[str, ...] = ()
    broken: tuple[Place, ...] = ()


def read(content: bytes) -> PythonSource:
    """Raises SourceTooDeep. A file that is no Python has `broken`, and nothing else."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError) as error:
        return PythonSource(broken=(Place(getattr(error, "lineno", None) or 1, 0, 0),))
    except (RecursionError, MemoryError) as error:
        raise SourceTooDeep from error
    nodes = list(ast.walk(tree))
    return PythonSource(
        tuple(found for node in nodes for found in _imports(node)),
        tuple(_class(node) for node in nodes if isinstance(node, ast.ClassDef)),
        tuple(_call(node) for node in nodes if isinstance(node, ast.Call)),
        tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)),
    )


def _imports(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, "", _place(node))
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield Import(node.module, alias.name, _place(node))


def _class(node: ast.ClassDef) -> Class:
    methods = {
        one.name: isinstance(one, ast.AsyncFunctionDef)
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    attributes = tuple(
        target.id
        for one in node.body
        if isinstance(one, ast.Assign | ast.AnnAssign)
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name)
    )
    return Class(node.name, tuple(map(_dotted, node.bases)), methods, attributes, _place(node))


def _call(node: ast.Call) -> Call:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    texts = tuple(
        one.value
        for argument in given
        for one in ast.walk(argument)
        if isinstance(one, ast.Constant)
        if type(one.value) is str
    )
    return Call(_dotted(node.func), texts, _place(node))


def _dotted(node: ast.expr) -> str:
    """`a.b.c`; what is no name is `?`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return ".".join(reversed(parts))


def _place(node: ast.stmt | ast.expr) -> Place:
    return Place(node.lineno, node.col_offset, node.end_col_offset or node.col_offset)
