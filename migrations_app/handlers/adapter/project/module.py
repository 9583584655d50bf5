"""One Python file: its tree, and what each name at its top level is bound to."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrations_app.handlers.adapter.facts import Finding, Lines

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEEPEST = 1_000  # nested nodes


@dataclass(frozen=True, slots=True)
class Imported:
    """`from module import name as local`; an empty `name` is the module itself. `level` counts the dots before it."""

    module: str
    name: str
    level: int
    node: ast.stmt


Binding = Imported | Function | ast.ClassDef | ast.expr | None
"""None: something whose value is not looked at (a loop's variable, a part of a tuple)."""


@dataclass(slots=True)
class Module:
    """`bindings` has each name of the top level with everything that binds it, in order; `rebound` those declared
    global. `patched` are attributes that something assigns to, by the path of the import. `star`: any name may be
    another."""

    path: str
    tree: ast.Module
    lines: int
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    rebound: frozenset[str] = frozenset()
    patched: frozenset[str] = frozenset()
    imports: tuple[Imported, ...] = ()
    star: bool = False

    @property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {name: found[-1] for name, found in self.bindings.items() if isinstance(found[-1], ast.ClassDef)}

    def only(self, name: str) -> Binding:
        """What the name is bound to, where one statement binds it under no condition. Raises LookupError otherwise."""
        found = self.bindings.get(name, [])
        if not found or name in self.rebound or any(not _same(one, found[0]) for one in found[1:]):
            raise LookupError(name)
        return found[0]

    def likely(self, name: str) -> Binding:
        """The last import, function or class that binds the name under whatever condition, or None."""
        found = [one for one in self.bindings.get(name, []) if isinstance(one, Imported | Function | ast.ClassDef)]
        return found[-1] if found else None

    def only_looked_into(self, name: str) -> bool:
        """Whether every use of a name in this module reads it: `x[k]`, `x.get(k)`, `k in x`, `x.items()`."""
        uses = reads = 0
        for node in ast.walk(self.tree):
            match node:
                case ast.Name(id=used, ctx=ast.Load()) if used == name:
                    uses += 1
                case ast.Subscript(value=ast.Name(id=used), ctx=ast.Load()) if used == name:
                    reads += 1
                case ast.Attribute(value=ast.Name(id=used), attr="get" | "items" | "keys" | "values") if used == name:
                    reads += 1
                case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=used)]) if used == name:
                    reads += 1
        return uses == reads

    def place(self, node: ast.AST) -> Lines:
        first = getattr(node, "lineno", 1)
        return Lines(self.path, first, getattr(node, "end_lineno", None) or first)


def _same(one: Binding, other: Binding) -> bool:
    """Two statements that import the same thing bind the same."""
    if isinstance(one, Imported) and isinstance(other, Imported):
        return (one.module, one.name, one.level) == (other.module, other.name, other.level)
    return False


def parse(path: str, content: bytes) -> Module | Finding:
    """A Finding for what is no Python, or nested deeper than anybody writes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code that is read: escapes, comparisons
            tree = ast.parse(content)
        nodes = list(_all_nodes(tree))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return Finding("unread", "It is not valid Python.", "Mend it, or leave it out.", Lines(path, line, line))
    except (RecursionError, MemoryError):
        return Finding("too_deep", "It is nested deeper than it can be read.", "Read it by hand.", Lines(path, 1, 1))
    module = Module(path, tree, content.count(b"\n") + 1)
    _bind(module, tree.body)
    module.imports = tuple(
        one for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for one in _imported(node)
    )
    module.rebound = frozenset(name for node in nodes if isinstance(node, ast.Global) for name in node.names)
    module.star = any(one.name == "*" for one in module.imports) or any(map(_replaces_modules, nodes))
    module.patched = frozenset(_patched(module, nodes))
    return module


def _all_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Level by level. Raises RecursionError when there are too many levels."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        yield from level
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
        if not level:
            return
    raise RecursionError


def _replaces_modules(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and dotted(node.value) == "sys.modules"
    )


def _patched(module: Module, nodes: list[ast.AST]) -> Iterator[str]:
    """Attributes of what is imported or defined here that a statement assigns to; for `setattr` the owner alone."""
    roots = {name: name for name in module.bindings}
    for one in module.imports:
        roots |= bound_by(one)
    for node in nodes:
        name = ""
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            name = dotted(node)
        elif isinstance(node, ast.Call) and dotted(node.func) in ("setattr", "delattr") and node.args:
            name = dotted(node.args[0])
        head, _, rest = name.partition(".")
        if head in roots:
            yield f"{roots[head]}.{rest}".rstrip(".")


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[Imported]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield Imported(alias.name, "", 0, node)
        else:
            yield Imported(node.module or "", alias.name, node.level, node)


def _locals(one: Imported) -> Iterator[tuple[str, str]]:
    """Each local name of an import, and the dotted path that it stands for."""
    names = one.node.names if isinstance(one.node, ast.Import | ast.ImportFrom) else []
    for alias in names:
        if one.name and alias.name == one.name:
            yield alias.asname or alias.name, f"{one.module}.{one.name}".lstrip(".")
        elif not one.name and alias.name == one.module:
            yield (alias.asname, one.module) if alias.asname else (one.module.partition(".")[0],) * 2


def bound_by(one: Imported) -> dict[str, str]:
    return dict(_locals(one))


def _bind(module: Module, body: list[ast.stmt], *, certain: bool = True) -> None:
    """In the order of the file, into every branch. What a branch binds may be unbound too: a None stands before it."""
    for statement in body:
        for name, binding in statement_binds(statement):
            module.bindings.setdefault(name, []).extend([binding] if certain else [None, binding])
        if not isinstance(statement, Function | ast.ClassDef):
            for inner in _blocks(statement):
                _bind(module, inner, certain=False)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body
    for case in getattr(statement, "cases", []):
        yield case.body


def statement_binds(statement: ast.stmt) -> Iterator[tuple[str, Binding]]:
    """The names that this statement itself binds, and to what."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name, statement
        case ast.Import() | ast.ImportFrom():
            for one in _imported(statement):
                for local, path in bound_by(one).items():
                    yield local, one if one.name else Imported(path, "", 0, statement)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            if value is not None:
                yield name, value
        case _:
            for node in ast.walk(statement) if not _blocks_of(statement) else _heads(statement):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    yield node.id, None


def _blocks_of(statement: ast.stmt) -> bool:
    return any(True for block in _blocks(statement) if block)


def _heads(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a compound statement that are in none of its blocks."""
    for _, value in ast.iter_fields(statement):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.excepthandler):
                if one.name:  # type: ignore[attr-defined]
                    yield ast.Name(one.name, ast.Store())  # type: ignore[attr-defined]
            elif isinstance(one, ast.AST) and not isinstance(one, ast.stmt | ast.match_case):
                yield from ast.walk(one)


def dotted(node: ast.AST) -> str:
    """`a.b.c`, or an empty text for what is no chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
