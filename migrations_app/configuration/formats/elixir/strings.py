"""Quoted text of Elixir: escapes, heredocs and sigils, as the text that they stand for."""

import re

from tree_sitter import Node

from migrations_app.configuration.formats.text import Text

ESCAPE = re.compile(
    r"\\(?:x\{(?P<x_long>[0-9a-fA-F]{1,6})\}|x(?P<x>[0-9a-fA-F]{1,2})"
    r"|u\{(?P<u_long>[0-9a-fA-F]{1,6})\}|u(?P<u>[0-9a-fA-F]{4})|(?P<line>\r?\n)|(?P<one>.))",
    re.DOTALL,
)
ONE = {"a": "\a", "b": "\b", "d": "\x7f", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "s": " ", "t": "\t", "v": "\v"}
HEREDOCS = frozenset({'"""', "'''"})


def plain(text: Text, node: Node) -> str | None:
    """The text of a string, charlist, quoted atom or key; None where something is interpolated or is no text."""
    if any(child.type == "interpolation" for child in node.children):
        return None
    raw = raw_content(text, node)
    return raw if _is_raw_sigil(text, node) else unescaped(raw)


def raw_content(text: Text, node: Node) -> str:
    """What stands between the quotes, a heredoc without its indentation, escapes as they are written."""
    start = next(child for child in node.children if child.type not in {"~", "sigil_name", ":"})
    end = next(child for child in reversed(node.children) if child.type != "sigil_modifiers")
    raw = text.between(start.end_byte, end.start_byte)
    return _dedented(raw) if text.of(start) in HEREDOCS else raw


def unescaped(raw: str) -> str | None:
    """None for a byte that is no character (`\\xFF`)."""
    if any(int(found["x"], 16) > 0x7F for found in ESCAPE.finditer(raw) if found["x"]):
        return None
    try:
        return ESCAPE.sub(_character, raw)
    except (ValueError, OverflowError):
        return None


def _character(found: re.Match[str]) -> str:
    code = found["x_long"] or found["x"] or found["u_long"] or found["u"]
    if code:
        return chr(int(code, 16))
    if found["line"]:
        return ""
    return "\0" if found["one"] == "0" else ONE.get(found["one"], found["one"])


def _dedented(raw: str) -> str:
    """Elixir takes the indentation of the closing quotes from every line, where it has as much."""
    body = raw.partition("\n")[2]
    head, newline, indentation = body.rpartition("\n")
    width = len(indentation)
    lines = (head + newline).split("\n") if newline else [""]
    return "\n".join(line[min(width, len(line) - len(line.lstrip(" \t"))) :] for line in lines)


def _is_raw_sigil(text: Text, node: Node) -> bool:
    return node.type == "sigil" and any(
        child.type == "sigil_name" and text.of(child).isupper() for child in node.children
    )
