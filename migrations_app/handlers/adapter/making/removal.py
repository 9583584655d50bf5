"""Whether the old adapter's file may go: nobody is to need it any more, as far as the project's own files say."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from migrations_app.engine.errors import Problem
from migrations_app.handlers.adapter.facts import Analysis
from migrations_app.handlers.adapter.making.serving import Serving

FIELD = "parameters.cleanup_old_adapter"
MOST_NAMED = 5
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def why_not_removed(analysis: Analysis, serving: Serving, after: Mapping[str, bytes]) -> list[Problem]:
    """`after`: every file that was read, as it is after the calls have changed, the new package among them."""
    return [
        Problem(FIELD, message, "Leave the file where it is, or change that first.", "still_needed")
        for message in _reasons(analysis, serving, after)
    ]


def _reasons(analysis: Analysis, serving: Serving, after: Mapping[str, bytes]) -> Iterator[str]:
    path = serving.adapter.lines.path
    if serving.kept:
        names = ", ".join(tool.name for tool in serving.kept[:MOST_NAMED])
        yield f"The custom adapter goes on serving {names}."
    others = [one.name for one in analysis.adapters if one.lines.path == path and one.name != serving.adapter.name]
    if others:
        yield f"{path} holds {', '.join(others)} too."
    named, meant = _named(serving, path), _names_of(path)
    users = [name for name, content in after.items() if name != path and _uses(name, content, named, meant)]
    if users:
        more = f" and {len(users) - MOST_NAMED} more" if len(users) > MOST_NAMED else ""
        yield f"{path} is named by {', '.join(users[:MOST_NAMED])}{more}."


def _uses(name: str, content: bytes, named: re.Pattern[bytes], meant: frozenset[str]) -> bool:
    if named.search(content):
        return True
    if not name.endswith(".py"):
        return False
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # nobody knows
    return any(module in meant for statement in _statements(tree) for module in _imports(statement, name))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Imports are statements: expressions, which are most of a tree, are not gone through."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in _BLOCKS:
            waiting += getattr(node, part, [])


def _named(serving: Serving, path: str) -> re.Pattern[bytes]:
    """The class, its module where that has a dot, and the file, written out in any language."""
    module = serving.adapter.name.rpartition(".")[0]
    texts = [serving.adapter.name, *([module] if "." in module else []), *([path] if "/" in path else [])]
    return re.compile(rb"(?<![\w./])(?:%s)(?!\w)" % b"|".join(re.escape(text).encode() for text in texts))


def _imports(node: ast.AST, importer: str) -> Iterator[str]:
    """Dotted names of modules that may be meant; one relative to a file begins with a slash for each part."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            parts = alias.name.split(".")
            yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            base = PurePosixPath(importer)
            for _ in range(node.level):
                base = base.parent
            module = ".".join([*base.parts, *filter(None, [module])])
        yield module
        yield from (f"{module}.{alias.name}" if module else alias.name for alias in node.names)


def _names_of(path: str) -> frozenset[str]:
    """Every dotted name under which some directory on the search path gives this file."""
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return frozenset(".".join(parts[start:]) for start in range(len(parts)))
