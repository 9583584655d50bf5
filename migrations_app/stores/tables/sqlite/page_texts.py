"""The canonical texts of a page of SQLite's rows, a column at a time: what is usual goes without a step for each value.

What is not surely written as its canonical text already is read value by value, as `values.text_maker` does it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from migrations_app.stores.tables.canonical import form_of
from migrations_app.stores.tables.schema import TypeKind
from migrations_app.stores.tables.selection import Mapped
from migrations_app.stores.tables.sqlite.values import Text

Texts = Callable[[Sequence[Any]], Sequence[str | None]]

_DAY = r"(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"  # days that every month has
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{0,5}[1-9])?"
_SHAPES = {
    TypeKind.DATE: _DAY,
    TypeKind.TIME: _CLOCK,
    TypeKind.TIMESTAMP: f"{_DAY} {_CLOCK}",
    TypeKind.INSTANT: rf"{_DAY} {_CLOCK}\+00",
    TypeKind.UUID: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}


def page_texts(columns: Sequence[Mapped], makers: Sequence[Text], page: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """The texts of each row of a page, in the order of the columns."""
    read = [_column(mapped, make) for mapped, make in zip(columns, makers, strict=True)]
    return zip(*[texts(values) for texts, values in zip(read, zip(*page, strict=True), strict=True)], strict=True)


def _column(mapped: Mapped, make: Text) -> Texts:
    kind = mapped.type.kind
    plain = not mapped.transforms and not form_of(mapped.type).padded
    if plain and kind is TypeKind.INTEGER:
        return lambda values: [str(value) if type(value) is int else make(value) for value in values]
    if plain and kind is TypeKind.TEXT:
        return lambda values: _texts(values, make)
    if plain and kind in _SHAPES:
        usual = re.compile(_SHAPES[kind], re.ASCII).fullmatch
        return lambda values: [value if type(value) is str and usual(value) else make(value) for value in values]
    if plain and kind in (TypeKind.FLOAT, TypeKind.DECIMAL):
        return lambda values: [_number(value, make) for value in values]
    return lambda values: [make(value) for value in values]


def _texts(values: Sequence[Any], make: Text) -> Sequence[str | None]:
    if set(map(type, values)) == {str}:
        whole = "".join(values)
        if "\\" not in whole and "\0" not in whole:
            return values
    return [make(value) for value in values]


def _number(value: Any, make: Text) -> str | None:
    # In between the shortest text of a float is the same in Python and PostgreSQL, but for the zero of a whole one.
    if type(value) is float and 1e-4 <= abs(value) < 1e15:
        return repr(value).removesuffix(".0")
    return make(value)
