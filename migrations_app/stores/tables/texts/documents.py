"""JSON as the text of PostgreSQL's `jsonb`: keys by length and bytes, the last of equal ones, plain digits."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.numbers import scaled_text

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES = str.maketrans({chr(code): _SHORT.get(chr(code), f"\\u{code:04x}") for code in range(32)} | _SHORT)


class _Number(str):
    __slots__ = ()


def document_text(text: str) -> str:
    """Raises for what `jsonb` refuses too: no JSON, NUL, half of a surrogate pair, numbers without measure."""
    try:
        written = _written(_read(text))
        written.encode()
    except (ValueError, RecursionError) as error:
        raise NoSuchValue from error
    return written


def verbatim_text(text: str) -> str:
    """The text itself; raises where it is no JSON."""
    try:
        _read(text)
    except (ValueError, RecursionError) as error:
        raise NoSuchValue from error
    return text


def _read(text: str) -> Any:
    return json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse)


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return scaled_text(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        members = sorted(value.items(), key=lambda member: _order(member[0]))
        return "{" + ", ".join(f"{_string(name)}: {_written(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return "null" if value is None else "true" if value else "false"


def _order(name: str) -> tuple[int, bytes]:
    encoded = name.encode()
    return len(encoded), encoded


def _string(text: str) -> str:
    if "\0" in text:
        raise NoSuchValue
    return f'"{text.translate(_ESCAPES)}"'


def _refuse(constant: str) -> NoReturn:
    raise NoSuchValue(constant)
