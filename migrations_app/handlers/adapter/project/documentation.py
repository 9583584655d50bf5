"""What a docstring says: its text, and the examples in it."""

import ast
import doctest

from migrations_app.handlers.adapter.facts import Example, Parameter
from migrations_app.handlers.adapter.project.module import Function

_PARSER = doctest.DocTestParser()


def documentation(node: ast.AST) -> str:
    return ast.get_docstring(node) or "" if isinstance(node, Function | ast.ClassDef | ast.Module) else ""


def examples(text: str) -> tuple[Example, ...]:
    """Those that are written as at Python's prompt. A docstring that cannot be read as that has none."""
    try:
        return tuple(Example(one.source.strip(), one.want.strip()) for one in _PARSER.get_examples(text))
    except ValueError:
        return ()


def parameters(node: Function | ast.Lambda, *, bound: bool) -> tuple[Parameter, ...]:
    """In their order, without the first one of a bound method; annotations and defaults as they are written."""
    given = node.args
    defaults = [None] * (len(given.posonlyargs) + len(given.args) - len(given.defaults)) + list(given.defaults)
    found = [
        Parameter(one.arg, kind, _written(one.annotation), _written(default))
        for (one, kind), default in zip(
            [*((one, "positional_only") for one in given.posonlyargs), *((one, "plain") for one in given.args)],
            defaults,
            strict=True,
        )
    ]
    found = found[1:] if bound else found
    if given.vararg:
        found.append(Parameter(given.vararg.arg, "more_positional", _written(given.vararg.annotation)))
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        found.append(Parameter(one.arg, "keyword_only", _written(one.annotation), _written(default)))
    if given.kwarg:
        found.append(Parameter(given.kwarg.arg, "more_keywords", _written(given.kwarg.annotation)))
    return tuple(found)


def _written(node: ast.expr | None) -> str | None:
    if node is None:
        return None
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."
