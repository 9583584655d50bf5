"""Why a tool is left to a person, and what that person can do."""

import ast
from collections.abc import Iterator
from typing import Final

from migrations_app.handlers.adapter.facts import Lines, Reason
from migrations_app.handlers.adapter.project.module import Function
from migrations_app.handlers.adapter.project.names import Method
from migrations_app.handlers.adapter.project.quiet import is_generator, own_nodes

_KEEP = "Keep this tool in the custom adapter."
GUIDANCE: Final[dict[str, str]] = {
    "streams": f"The generic adapter serves no streams. {_KEEP}",
    "session": f"Pass what is needed of the session as an argument, from Elixir; otherwise: {_KEEP}",
    "elixir": f"Call the Elixir function from Elixir, before or after the tool; otherwise: {_KEEP}",
    "state": f"State between calls belongs into the session on the Elixir side; otherwise: {_KEEP}",
    "branch": "Split it into a tool for each case, or move the function into a library of its own and map that.",
    "loop": "Move the function into a library of its own that the workers import, and map its name.",
    "try": "Let the error reach Elixir as it is, which the generic adapter does; or move the function into a library.",
    "with": "Move the function into a library of its own that the workers import, and map its name.",
    "raises": "Move the function into a library of its own that the workers import, and map its name.",
    "awaits": "Move the function into a library of its own that is not async, and map its name.",
    "never_served": f"The generic adapter never serves this function. {_KEEP}",
    "own_code": "Move the function into a library of its own that the workers import, and map its name.",
    "unknown_name": "Give the name one meaning, at the top of the file and under no condition.",
    "decorator": "Take the decorator off, or move what it does into a library.",
    "setup": "Do it when a library is imported, or in a function that a tool calls; then analyse again.",
    "import_time": "Move it out of what the adapter imports, or show by hand that the tool does not depend on it.",
    "default": "Give it a default that is a text, number, true, false or None.",
    "class": "Look at the class by hand: the base or the decorator may change what every tool does.",
    "dispatch": "Write the entry by hand, or compare the tool's name with texts alone.",
    "expression": "Move the function into a library of its own that the workers import, and map its name.",
    "patched": "Take out what replaces the library's attribute, or keep the tool.",
    "missing": "The method is not there; whoever calls the tool gets an error today. Take the tool out.",
    "too_deep": "Look through it by hand.",
}


class Unproven(Exception):
    """What the tool does cannot be said by an entry, or was not shown to be the same."""

    def __init__(self, code: str, message: str, lines: Lines) -> None:
        super().__init__(message)
        self.reason = Reason(code, message, lines, GUIDANCE[code])


def structural(methods: list[Method]) -> Iterator[Reason]:
    """Everything in these functions that no entry can say, so that a person sees all of it at once."""
    for method in methods:
        if is_generator(method.node):
            yield _reason("streams", f"{method.name} answers piece by piece (yield).", method.module.place(method.node))
        for node in own_nodes(method.node):
            found = _construct(node)
            if found:
                code, what = found
                yield _reason(code, f"{method.name} {what}.", method.module.place(node))


def _construct(node: ast.AST) -> tuple[str, str] | None:
    match node:
        case ast.For() | ast.AsyncFor() | ast.While():
            return "loop", "has a loop"
        case ast.Try():
            return "try", "handles exceptions"
        case ast.With() | ast.AsyncWith():
            return "with", "uses a context manager"
        case ast.Global() | ast.Nonlocal():
            return "state", f"declares {', '.join(node.names)} as a variable of outside"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return "own_code", f"defines {node.name} inside of itself"
    return None


def _reason(code: str, message: str, lines: Lines) -> Reason:
    return Reason(code, message, lines, GUIDANCE[code])


def is_async(node: Function | ast.Lambda) -> bool:
    return isinstance(node, ast.AsyncFunctionDef)
