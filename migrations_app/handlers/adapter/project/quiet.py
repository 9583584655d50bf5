"""Code that runs before a tool is called: when a module is imported, and when an adapter is made for a request.

What only defines and stores is quiet. Everything else may change what a library does later, so a tool behind it is not
shown to be the same without it.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

from migrations_app.handlers.adapter.project.module import Function, dotted

_QUIET_CALLS = frozenset(
    """
    dict list set tuple frozenset defaultdict OrderedDict deque Counter TypeVar namedtuple NamedTuple NewType
    getLogger get_logger Lock RLock local field dataclass Path object
    """.split()  # noqa: SIM905
)
_QUIET_METHODS = frozenset({"__init__", "set_session_context", "initialize", "cleanup"})
_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})


def is_log(call: ast.expr) -> bool:
    """Whether it is a line to a logger, of names and texts alone, which cannot fail."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in _LOGS:
        return False
    if dotted(call.func.value).rpartition(".")[2].lower() not in ("logger", "log", "logging", "_logger"):
        return False
    return all(map(_is_plain_text, [*call.args, *(one.value for one in call.keywords)]))


def _is_plain_text(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(part.value, ast.Name) and part.format_spec is None for part in parts)
    return isinstance(node, ast.Constant | ast.Name)


def loud_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module or class body that do more than define."""
    for statement in body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case ast.ClassDef():
                yield from loud_at_import(statement.body)
            case ast.If(test=test) if _is_main(test) or dotted(test).rpartition(".")[2] == "TYPE_CHECKING":
                yield from loud_at_import(statement.orelse)
            case ast.If() | ast.Try():
                if isinstance(statement, ast.If) and not _is_quiet(statement.test):
                    yield statement
                for name in ("body", "orelse", "finalbody"):
                    yield from loud_at_import(getattr(statement, name, []))
                for handler in getattr(statement, "handlers", []):
                    yield from loud_at_import(handler.body)
            case _ if not _stores(statement, ast.Name):
                yield statement


def loud_in_setup(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a method that Snakepit calls for each request which do more than set attributes."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Return(value=None):
                pass
            case ast.Expr(value=ast.Await(value=ast.Call() as call)) | ast.Expr(value=ast.Call() as call) if _is_super(
                call
            ):
                pass
            case ast.If(test=test):
                if not _is_quiet(test):
                    yield statement
                yield from loud_in_setup(statement.body)
                yield from loud_in_setup(statement.orelse)
            case _ if not _stores(statement, ast.Name | ast.Attribute):
                yield statement


def _stores(statement: ast.stmt, kinds: type | object) -> bool:
    """An assignment of something quiet to a name (or an attribute of self), a text, or a log line."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=value):
            return is_log(value)
        case ast.Assign(targets=targets, value=value):
            return all(_is_target(one, kinds) for one in targets) and _is_quiet(value)
        case ast.AnnAssign(target=target, value=value):
            return _is_target(target, kinds) and (value is None or _is_quiet(value))
    return False


def _is_target(node: ast.expr, kinds: type | object) -> bool:
    if isinstance(node, ast.Attribute):
        return kinds is not ast.Name and dotted(node).count(".") == 1 and dotted(node).startswith("self.")
    return isinstance(node, ast.Name)


def _is_super(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr=name, value=ast.Call(func=ast.Name(id="super"))):
            return name in _QUIET_METHODS and all(map(_is_quiet, call.args))
    return False


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and dotted(test.left) == "__name__"


def _is_quiet(node: ast.expr) -> bool:
    """Evaluates to something without running code of anybody but Python's own containers."""
    match node:
        case ast.Constant() | ast.Name() | ast.Lambda():
            return True
        case ast.Attribute(value=value):
            return _is_quiet(value)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts):
            return all(map(_is_quiet, parts))
        case ast.JoinedStr():
            return _is_plain_text(node)
        case ast.Dict(keys=keys, values=values):
            return all(_is_quiet(one) for one in [*keys, *values] if one is not None)
        case ast.BinOp(left=left, right=right):
            return _is_quiet(left) and _is_quiet(right)
        case ast.UnaryOp(operand=operand):
            return _is_quiet(operand)
        case ast.Compare(left=left, comparators=others):
            return all(map(_is_quiet, [left, *others]))
        case ast.Subscript(value=value, slice=index):
            return _is_quiet(value) and _is_quiet(index)
        case ast.Call():
            named = dotted(node.func).rpartition(".")[2]
            given = [*node.args, *(one.value for one in node.keywords)]
            return (named in _QUIET_CALLS or dotted(node.func) in ("hasattr", "isinstance")) and all(
                map(_is_quiet, given)
            )
    return False


def lifecycle(name: str) -> bool:
    """Whether Snakepit calls a method of this name around each request."""
    return name in _QUIET_METHODS or name in ("register_with_session", "register_with_session_async", "__new__")


def is_generator(function: Function | ast.Lambda) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


@lru_cache(maxsize=512)
def own_nodes(function: Function | ast.Lambda) -> tuple[ast.AST, ...]:
    """Every node of its body, not those of functions and classes inside of it."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(function.body) if isinstance(function.body, list) else [function.body]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return tuple(found)
