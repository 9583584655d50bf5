"""Values as Elixir's formatter writes them: on one line where they fit, else one entry a line."""

import math
import re
from collections.abc import Callable

from migrations_app.configuration.edits import New, NotEditable, Verbatim
from migrations_app.configuration.formats.names import WORD, key_named
from migrations_app.configuration.values import Atom, Module, Scalar, Span

WIDTH = 98
ALIAS = re.compile(r"[A-Z][A-Za-z0-9_]*(\.[A-Z][A-Za-z0-9_]*)*\Z")
SPECIAL = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "#": "\\#"}
Quote = Callable[[Span, str], str]


def no_bytes(span: Span, _indent: str) -> str:
    """For values without Verbatim parts."""
    raise NotEditable(f"{span.file}, line {span.line}: nothing to take the text from")


def render(new: New, indent: str = "", column: int = 0, quote: Quote = no_bytes) -> str:
    """The text of a value that begins at a column. `indent`: of its further lines; `quote`: the text of a Verbatim."""
    return _Renderer(quote).value(new, indent, column)


def atom(name: str) -> str:
    """`:name`, as its colon and all."""
    if name in {"nil", "true", "false"}:
        return name
    if name.startswith("Elixir.") and ALIAS.match(name[7:]):
        return name[7:]
    return f":{name}" if WORD.match(name) else f":{text(name)}"


def keyword_key(name: str) -> str:
    """`name:`."""
    return f"{name if WORD.match(name) else text(name)}:"


def text(written: str) -> str:
    """In double quotes. A `#` is escaped only where it would begin an interpolation."""
    escaped = (
        character
        if character == "#" and written[at + 1 : at + 2] != "{"
        else SPECIAL.get(character) or (character if character.isprintable() else f"\\u{{{ord(character):X}}}")
        for at, character in enumerate(written)
    )
    return f'"{"".join(escaped)}"'


class _Renderer:
    def __init__(self, quote: Quote) -> None:
        self._quote = quote

    def value(self, new: New, indent: str, column: int) -> str:
        one = self._on_one_line(new)
        if one is not None and (column + len(one) <= WIDTH or not _can_break(new)):
            return one
        if isinstance(new, Verbatim):
            return self._quote(new.span, indent)
        return self._broken(new, indent)

    def _on_one_line(self, new: New) -> str | None:
        """None for what has line ends in it."""
        if isinstance(new, Verbatim):
            quoted = self._quote(new.span, "")
            return None if "\n" in quoted else quoted
        if not isinstance(new, dict | list | tuple):
            return scalar(new)
        parts = [(key, self._on_one_line(value)) for key, value in _entries(new)]
        if any(part is None for _, part in parts):
            return None
        opening, closing = _brackets(new)
        return f"{opening}{', '.join(f'{key}{part}' for key, part in parts)}{closing}"

    def _broken(self, new: New, indent: str) -> str:
        opening, closing = _brackets(new)
        inner = f"{indent}  "
        lines = [f"{inner}{key}{self.value(value, inner, len(inner) + len(key))}" for key, value in _entries(new)]
        return "\n".join([opening, ",\n".join(lines), f"{indent}{closing}"])


def scalar(value: Scalar) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:_}" if abs(value) >= 100_000 else str(value)
        case float():
            return _float(value)
        case Atom():
            return atom(value.name)
        case Module():
            return value.name if ALIAS.match(value.name) else f":{text(f'Elixir.{value.name}')}"
        case _:
            return text(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"Elixir has no number {value}")
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{e}{exponent.lstrip('+')}"


def _can_break(new: New) -> bool:
    return isinstance(new, dict | list | tuple) and bool(new)


def _brackets(new: New) -> tuple[str, str]:
    if isinstance(new, dict):
        return "%{", "}"
    return ("{", "}") if isinstance(new, tuple) else ("[", "]")


def _entries(new: New) -> list[tuple[str, New]]:
    """Each value with the text of its key before it."""
    if isinstance(new, dict):
        keys = [key_named(key) if isinstance(key, str) else key for key in new]
        words = all(isinstance(key, Atom) for key in keys)
        written = [keyword_key(key.name) if words and isinstance(key, Atom) else f"{scalar(key)} =>" for key in keys]
        return [(f"{key} ", value) for key, value in zip(written, new.values(), strict=True)]
    if not isinstance(new, list | tuple):
        return []
    pairs = [one for one in new if isinstance(one, tuple) and len(one) == 2] if isinstance(new, list) else []
    keyed = [(f"{keyword_key(key.name)} ", value) for key, value in pairs if isinstance(key, Atom)]
    return keyed if len(keyed) == len(new) else [("", value) for value in new]
