"""Arrays as PostgreSQL writes them: `{1,NULL,"a b"}`, nested, with bounds where they do not begin at 1."""

import re
from collections.abc import Callable

from migrations_app.stores.tables.texts.errors import NoSuchValue

Nested = list["Nested"] | str | None
_BOUNDS = re.compile(r"((?:\[[+-]?[0-9]{1,10}:[+-]?[0-9]{1,10}\])+)=")
_BOUND = re.compile(r"\[([+-]?[0-9]+):([+-]?[0-9]+)\]")
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[{},])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^{},"\\\s]|\\.|\s+(?=[^{},"\s]))+))\s*',
    re.ASCII | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED = re.compile(r'[\s"\\{},]', re.ASCII)  # fewer spaces than Python's
_MOST_DIMENSIONS = 6


def array_text(text: str, element: Callable[[str], str]) -> str:
    """`element` makes an element's text canonical; raises NoSuchValue for what is no array of it."""
    bounds = _BOUNDS.match(text)
    tokens = _tokens(text[bounds.end() :] if bounds else text)
    if not tokens or tokens[0] != "{":
        raise NoSuchValue
    nested, rest = _read(tokens, 0)
    if rest != len(tokens):
        raise NoSuchValue
    shape = _shape(nested)
    if 0 in shape or len(shape) > _MOST_DIMENSIONS:
        if shape == (0,) and not bounds:
            return "{}"
        raise NoSuchValue
    return (_written_bounds(bounds[1], shape) if bounds else "") + _written(nested, element)


class _Text(str):
    """An element, which may look like a mark."""

    __slots__ = ()


class _Bare(_Text):
    __slots__ = ()


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NoSuchValue
        at = match.end()
        if match["mark"]:
            tokens.append(match["mark"])
        elif match["quoted"] is not None:
            tokens.append(_Text(_ESCAPED.sub(r"\1", match["quoted"])))
        else:
            bare = match["bare"]
            tokens.append((_Text if "\\" in bare else _Bare)(_ESCAPED.sub(r"\1", bare)))
    return tokens


def _read(tokens: list[str], at: int) -> tuple[Nested, int]:
    """What begins at this token, and where what follows it begins."""
    found = _at(tokens, at)
    if isinstance(found, _Text):
        return (None if isinstance(found, _Bare) and found.upper() == "NULL" else str(found)), at + 1
    if found != "{":
        raise NoSuchValue
    if _at(tokens, at + 1) == "}" and not isinstance(tokens[at + 1], _Text):
        return [], at + 2
    members: list[Nested] = []
    while True:
        member, at = _read(tokens, at + 1)
        members.append(member)
        found = _at(tokens, at)
        if isinstance(found, _Text) or found == "{":
            raise NoSuchValue
        if found == "}":
            return members, at + 1


def _at(tokens: list[str], at: int) -> str:
    if at >= len(tokens):
        raise NoSuchValue
    return tokens[at]


def _shape(nested: Nested) -> tuple[int, ...]:
    """Raises where two members differ in theirs: an array of PostgreSQL is a box."""
    if not isinstance(nested, list):
        return ()
    shapes = {_shape(member) for member in nested}
    if len(shapes) > 1:
        raise NoSuchValue
    return (len(nested), *(shapes.pop() if shapes else ()))


def _written(nested: Nested, element: Callable[[str], str]) -> str:
    if nested is None:
        return "NULL"
    if isinstance(nested, list):
        return "{" + ",".join(_written(member, element) for member in nested) + "}"
    text = element(nested)
    if text and text.upper() != "NULL" and not _QUOTED.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written_bounds(bounds: str, shape: tuple[int, ...]) -> str:
    pairs = [(int(low), int(high)) for low, high in _BOUND.findall(bounds)]
    if tuple(high - low + 1 for low, high in pairs) != shape:
        raise NoSuchValue
    if all(low == 1 for low, _ in pairs):
        return ""
    return "".join(f"[{low}:{high}]" for low, high in pairs) + "="
