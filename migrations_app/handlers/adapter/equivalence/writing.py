"""The trees of `inside/encoding.py`, written for people as Python would."""

import json
from collections.abc import Sequence
from typing import Any

from migrations_app.handlers.adapter.equivalence.report import MOST_TEXT

Tree = Any


def written(tree: Tree) -> str:
    """For people, at most 2,000 characters. Never raises."""
    try:
        text = _written(tree)
    except (TypeError, IndexError, KeyError, ValueError, AttributeError, RecursionError):
        return "something that cannot be read"
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def key_of(tree: Tree) -> str:
    """The same for the same trees."""
    return json.dumps(tree)


def unread(tree: Tree) -> set[str]:
    """What of it was not compared: the types of objects that show nothing, and of what was cut off."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            if len(one) == 2 and one[0] in ("opaque", "stream", "unreadable", "cut") and isinstance(one[1], str):
                found.add(one[1])
            waiting += one
    return found


def _written(tree: Tree) -> str:
    match tree:
        case ["none"]:
            return "None"
        case ["bool" | "float" | "int", value, *_]:
            return str(value)
        case ["complex", real, imaginary]:
            return f"complex({real}, {imaginary})"
        case ["str", str(text), *more]:
            return repr(text) if not more else f"{text[:200]!r}… ({more[0]:,} characters)"
        case ["bytes", kind, content, length, _]:
            text = repr(bytes.fromhex(content))
            whole = text if length * 2 <= len(content) else f"{text[:200]}… ({length:,} bytes)"
            return whole if kind == "bytes" else f"{kind}({whole})"
        case ["name" | "stream" | "opaque" | "again" | "unreadable" | "cut" as kind, *said]:
            return f"<{kind} {' '.join(map(str, said))}>"
        case ["array" | "frame" | "series" | "column" | "index", *_]:
            return _of_library(tree)
    return _with_others(tree)


def _with_others(tree: Tree) -> str:
    match tree:
        case ["list", items]:
            return f"[{_joined(items)}]"
        case ["tuple", items]:
            return f"({_joined(items)}{',' if len(items) == 1 else ''})"
        case ["set" | "frozenset" as kind, items]:
            return f"{kind}({{{_joined(sorted(items, key=key_of))}}})"
        case ["dict", pairs]:
            return "{" + ", ".join(f"{_written(key)}: {_written(value)}" for key, value in pairs) + "}"
        case ["of", kind, content, _]:
            return f"{kind}({_written(content)})"
        case ["object", kind, state]:
            return f"{kind}({', '.join(f'{name}={_written(value)}' for name, value in state)})"
        case ["error", kind, arguments]:
            return f"{kind}{_written(arguments)}"
        case ["value", kind, text]:
            return text if "(" in text else f"{kind}({text})"
        case ["scalar", dtype, value]:
            return f"numpy.{dtype}({_written(value)})"
    raise ValueError("no tree")


def _of_library(tree: Tree) -> str:
    match tree:
        case ["array", _, dtype, shape, items, *_]:
            return f"array([{_joined(items)}], dtype={dtype}, shape={tuple(shape)})"
        case ["frame", shape, columns, index, held]:
            around = f"shape={tuple(shape)}, columns={_written(columns)}, index={_written(index)}"
            return f"DataFrame({around}, {_joined(held)})"
        case ["series", name, index, held]:
            return f"Series({_written(held)}, index={_written(index)}, name={_written(name)})"
        case ["column", dtype, _, items]:
            return f"{dtype}[{_joined(items)}]"
        case ["index", kind, dtype, _, items]:
            return f"{kind}([{_joined(items)}], dtype={dtype})"
    raise ValueError("no tree")


def _joined(items: Sequence[Tree]) -> str:
    return ", ".join(map(_written, items))
