"""Texts of Python code that name the adapter: a command line, a dotted path, a name for `getattr` or `patch`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from migrations_app.handlers.adapter.codemods.python.bindings import dotted
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.codemods.python.source import Source
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch

_IMPORTING = frozenset({"import_module", "__import__"})
_REACHING = frozenset({"getattr", "setattr", "delattr", "hasattr"})
_PATCHING = frozenset({"patch", "object", "setattr", "delattr", "dict"})


@dataclass(frozen=True, slots=True)
class Texts:
    refused: tuple[Refused, ...]
    patches: bool


def texts(source: Source, switch: Switch) -> Texts:
    """Docstrings and comments are no code. `patches`: one is given to what replaces by name."""
    named = re.compile(rf"(?<![\w.]){re.escape(switch.old_module)}[.:]{re.escape(switch.old_class)}(?!\w)")
    refused: list[Refused] = []
    patches = False
    for node, text in _texts(source):
        call = _call(source, node)
        called = dotted(call.func).rpartition(".")[2] if call is not None else ""
        if named.search(text):
            refused.append(refusal(source.lines(node), "in_text"))
            patches = patches or called in _PATCHING
        elif (text == switch.old_module and called in _IMPORTING) or (text == switch.old_class and called in _REACHING):
            refused.append(refusal(source.lines(node), "getattr"))
            patches = patches or (text == switch.old_class and called in _PATCHING)
    return Texts(tuple(refused), patches)


def _texts(source: Source) -> Iterator[tuple[cst.CSTNode, str]]:
    for node in source.nodes():
        if isinstance(node, cst.FormattedStringText):
            yield node, node.value
        if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
            continue
        parent = source.parent(node)
        if isinstance(parent, cst.Expr | cst.ConcatenatedString):
            continue
        value = node.evaluated_value
        if value is not None:
            yield node, value.decode(errors="replace") if isinstance(value, bytes) else value


def _call(source: Source, node: cst.CSTNode) -> cst.Call | None:
    """Whose argument the text is."""
    above = source.parent(source.parent(node))
    return above if isinstance(source.parent(node), cst.Arg) and isinstance(above, cst.Call) else None
