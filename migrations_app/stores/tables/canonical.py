"""The canonical text of a value: exact, the same from every database for equal values, and safe in JSON.

`docs/data-migrations.md` writes it down. It is PostgreSQL's own text in UTC with four exceptions: booleans are words,
bytes are bare hexadecimal digits, decimals have no zeros at the end, and in texts a backslash is doubled so that `\\0`
can be a NUL and `\\xNN` a byte that is no UTF-8. What is no value of the wanted kind is `\\!`, a letter for what it is
(`i` integer, `r` real, `t` text, `b` bytes) and its own text: it equals nothing that PostgreSQL holds.

This module is for values as `sqlite3` gives them; `postgres/canonical.py` has the SQL that makes the same texts.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.texts.arrays import array_text
from migrations_app.stores.tables.texts.documents import document_text, verbatim_text
from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.intervals import interval_text
from migrations_app.stores.tables.texts.numbers import (
    decimal_text,
    float_of_integer,
    float_of_text,
    float_text,
    integer_text,
)
from migrations_app.stores.tables.texts.times import date_text, instant_text, time_text, timestamp_text

FOREIGN = "\\!"
BINARY_JSON = "JSON (binary)"  # of MySQL, which keeps the meaning of a document as jsonb does
Read = Callable[[object], str]
_BARE = re.compile(r"[0-9a-f]{32}")
_ESCAPE = re.compile(r"\\(?:\\|0|x([0-9a-f]{2}))")
_BOOLEANS = {"true": "true", "t": "true", "false": "false", "f": "false"}


class Undecodable(bytes):
    """A text of SQLite that is no UTF-8."""

    __slots__ = ()


def text_factory(given: bytes) -> str | Undecodable:
    """For `sqlite3.Connection.text_factory`: a text that cannot be read as one is no error."""
    try:
        return given.decode()
    except UnicodeDecodeError:
        return Undecodable(given)


def canonical(wanted: ColumnType, value: object) -> str | None:
    """Of a value as SQLite holds it, read as `wanted`; None stays None."""
    return reader(wanted)(value)


def reader(wanted: ColumnType) -> Callable[[object], str | None]:
    """`canonical` of one type, for many values."""
    read = _read_as(form_of(wanted), form_of(wanted.element) if wanted.element else Form(TypeKind.TEXT))

    def canonical_text(value: object) -> str | None:
        if value is None:
            return None
        try:
            return read(value)
        except NoSuchValue:
            return FOREIGN + any_text(value)

    return canonical_text


def native(held: ColumnType, text: str) -> object:
    """What SQLite is given for a canonical text. A foreign value becomes again what it was."""
    if text.startswith(FOREIGN):
        return _of_any(text[len(FOREIGN) :])
    match held.kind:
        case TypeKind.INTEGER:
            number = int(text)
            return number if -(2**63) <= number < 2**63 else text
        case TypeKind.BOOLEAN:
            return int(text == "true")
        case TypeKind.FLOAT:
            return text if text == "NaN" else float(text)
        case TypeKind.BYTES:
            return bytes.fromhex(text)
        case TypeKind.TEXT | TypeKind.OTHER:
            return unescaped(text)
        case TypeKind.ANY:
            return _of_any(text)
    return text


def unfit(wanted: ColumnType, text: str) -> str:
    """Why PostgreSQL has no value for a canonical text of this kind, '' where it has one. For people."""
    if text.startswith(FOREIGN):
        return f"it is no value of type {wanted.native}"
    if wanted.kind in (TypeKind.TEXT, TypeKind.OTHER):
        for found in _ESCAPE.finditer(text):
            if found[0] == "\\0":
                return "it holds a NUL character"
            if found[1]:
                return "it is not UTF-8"
    return ""


class Form(NamedTuple):
    """How values of a type are written: of some kinds there are two texts."""

    kind: TypeKind
    padded: bool = False  # character(n): spaces at the end mean nothing
    verbatim: bool = False  # JSON that is kept as it was written


def form_of(column: ColumnType) -> Form:
    padded = column.kind is TypeKind.TEXT and column.native.startswith(("character(", "bpchar"))
    verbatim = column.kind is TypeKind.JSON and column.native not in ("jsonb", BINARY_JSON)
    return Form(column.kind, padded=padded, verbatim=verbatim)


@lru_cache(maxsize=256)
def _read_as(form: Form, element: Form) -> Read:
    if form.kind is TypeKind.ARRAY:
        of_text = _element(element)
        return lambda value: array_text(_plain(value), of_text)
    if form.padded:
        return lambda value: _text(value).rstrip(" ")
    if form.kind is TypeKind.JSON and not form.verbatim:
        return lambda value: document_text(_document(value))
    return _READS[form.kind]


def _element(form: Form) -> Callable[[str], str]:
    """An element of an array, as PostgreSQL writes it there."""
    if form.kind is TypeKind.BOOLEAN:
        return lambda text: _boolean(text)[0]
    if form.kind is TypeKind.BYTES:
        return _hexadecimal
    if form.kind in (TypeKind.TEXT, TypeKind.OTHER):
        return (lambda text: text.rstrip(" ")) if form.padded else str
    return _read_as(form, form)


def _integer(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    return integer_text(_plain(value))


def _decimal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return decimal_text(float_text(value))
    return decimal_text(_plain(value))


def _float(value: object) -> str:
    if isinstance(value, float):
        return float_text(value)
    return float_text(float_of_integer(value) if isinstance(value, int) else float_of_text(_plain(value)))


def _boolean(value: object) -> str:
    if isinstance(value, int) and value in (0, 1):
        return "true" if value else "false"
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise NoSuchValue


def _text(value: object) -> str:
    if isinstance(value, str):
        if "\\" in value or "\0" in value:
            return value.replace("\\", "\\\\").replace("\0", "\\0")
        return value
    if isinstance(value, Undecodable):
        # Python marks such a byte by half of a surrogate pair.
        escaped = _text(value.decode(errors="surrogateescape"))
        return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in escaped)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    raise NoSuchValue


def _bytes(value: object) -> str:
    if isinstance(value, bytes) and not isinstance(value, Undecodable):
        return value.hex()
    raise NoSuchValue


def _hexadecimal(text: str) -> str:
    if not re.fullmatch(r"\\x(?:[0-9a-fA-F]{2})*", text):
        raise NoSuchValue
    return text.lower()


def _uuid(value: object) -> str:
    if isinstance(value, bytes) and not isinstance(value, Undecodable) and len(value) == 16:
        return str(UUID(bytes=value))
    text = _plain(value).lower()
    bare = text.replace("-", "")
    if _BARE.fullmatch(bare) and text in (bare, str(UUID(bare))):
        return str(UUID(bare))
    raise NoSuchValue


def _document(value: object) -> str:
    """A column without TEXT in its type makes numbers of JSON that is one; PostgreSQL writes those without exponent."""
    if isinstance(value, int | float):
        return _decimal(value)
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, str) and "\0" not in value:
        return value
    raise NoSuchValue


def any_text(value: object) -> str:
    """A letter for the storage class, and the text."""
    if isinstance(value, bytes) and not isinstance(value, Undecodable):
        return "b" + value.hex()
    return ("i" if isinstance(value, int) else "r" if isinstance(value, float) else "t") + _text(value)


def _of_any(text: str) -> object:
    kind, rest = text[:1], text[1:]
    if kind == "i":
        return int(rest)
    if kind == "r":
        return float(rest)
    return bytes.fromhex(rest) if kind == "b" else unescaped(rest)


def unescaped(text: str) -> str | Undecodable:
    """A text from its canonical form."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescape, text)
    try:
        plain.encode()
    except UnicodeEncodeError:
        return Undecodable(plain.encode(errors="surrogateescape"))
    return plain


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(0xDC00 + int(found[1], 16))
    return "\0" if found[0] == "\\0" else "\\"


_READS: dict[TypeKind, Read] = {
    TypeKind.BOOLEAN: _boolean,
    TypeKind.INTEGER: _integer,
    TypeKind.DECIMAL: _decimal,
    TypeKind.FLOAT: _float,
    TypeKind.TEXT: _text,
    TypeKind.BYTES: _bytes,
    TypeKind.DATE: lambda value: date_text(_plain(value)),
    TypeKind.TIME: lambda value: time_text(_plain(value)),
    TypeKind.TIMESTAMP: lambda value: timestamp_text(_plain(value)),
    TypeKind.INSTANT: lambda value: instant_text(_plain(value)),
    TypeKind.INTERVAL: lambda value: interval_text(_plain(value)),
    TypeKind.UUID: _uuid,
    TypeKind.JSON: lambda value: verbatim_text(_document(value)),
    TypeKind.ANY: any_text,
    TypeKind.OTHER: _text,
}
