"""SQLite's rows as the lines of PostgreSQL's COPY, a page of each column at a time.

Most columns hold one kind of value, which one look at all of a page shows; then they are written without a step of
Python for each value. What is unusual goes value by value by way of `values.carrier`. PostgreSQL reads a text that is
written as it is: what it takes for another value than the canonical text says, comparing both sides brings to light.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.canonical import unfit
from migrations_app.stores.tables.postgres.lines import ESCAPED, ESCAPES, field
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import TypeKind
from migrations_app.stores.tables.selection import Mapped
from migrations_app.stores.tables.sqlite.values import Carry

Page = Sequence[Sequence[Any]]
Usual = Callable[[Sequence[Any]], list[str] | None]  # None: not all of them are of the usual kind

NULL = "\\N"
EXACT = 9e15  # below, the shortest text of a float is the same in Python and PostgreSQL
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_DAY = r"\d{4}-\d\d-\d\d"
_BOOLEANS = {0: "f", 1: "t"}


def blocks(pages: Iterable[Page], columns: Sequence[Mapped], carriers: Sequence[Carry]) -> Iterator[bytes]:
    """A block of each page. Raises Refused with the row's number among all of them."""
    writers = [_Column(mapped, carry) for mapped, carry in zip(columns, carriers, strict=True)]
    before = 0
    for page in pages:
        written = [one.write(values, before) for one, values in zip(writers, zip(*page, strict=True), strict=True)]
        yield ("\n".join(map("\t".join, zip(*written, strict=True))) + "\n").encode()
        before += len(page)


class _Column:
    def __init__(self, mapped: Mapped, carry: Carry) -> None:
        self._mapped = mapped
        self._carry = carry
        self._usual = None if mapped.transforms else _USUAL.get(mapped.type.kind)

    def write(self, values: Sequence[Any], before: int) -> list[str]:
        given = [value for value in values if value is not None] if None in values else values
        usual = self._usual(given) if self._usual is not None else None
        if usual is None:
            return [self._unusual(value, number) for number, value in enumerate(values, before + 1)]
        if given is values:
            return usual
        written = iter(usual)
        return [NULL if value is None else next(written) for value in values]

    def _unusual(self, value: Any, number: int) -> str:
        carried = self._carry(value)
        if isinstance(carried, Foreign):
            why = unfit(self._mapped.type, carried)
            raise Refused(f"The value for column “{self._mapped.target}” cannot be written: {why}.", number)
        return field(carried)


def _all(values: Sequence[Any], *kinds: type) -> bool:
    return set(map(type, values)) <= set(kinds)


def _integers(values: Sequence[Any]) -> list[str] | None:
    return list(map(str, values)) if _all(values, int) else None


def _floats(values: Sequence[Any]) -> list[str] | None:
    return list(map(repr, values)) if _all(values, float) else None


def _decimals(values: Sequence[Any]) -> list[str] | None:
    if _all(values, int, float) and max(map(abs, values), default=0) < EXACT:
        return list(map(repr, values))
    return _shaped(_NUMBER, values)


def _booleans(values: Sequence[Any]) -> list[str] | None:
    return [_BOOLEANS[value] for value in values] if _all(values, int) and set(values) <= {0, 1} else None


def _bytes(values: Sequence[Any]) -> list[str] | None:
    return [field(value) for value in values] if _all(values, bytes) else None


def _texts(values: Sequence[Any]) -> list[str] | None:
    if not _all(values, str):
        return None
    whole = "".join(values)
    if any(sign in whole for sign in ESCAPES):
        return [value.translate(ESCAPED) for value in values]
    return list(values)


def _shaped(shape: "re.Pattern[str]", values: Sequence[Any]) -> list[str] | None:
    return list(values) if _all(values, str) and all(map(shape.fullmatch, values)) else None


_NUMBER = re.compile(r"-?[0-9]{1,100}(?:\.[0-9]{1,100})?")
_SHAPES = {
    TypeKind.DATE: _DAY,
    TypeKind.TIME: _CLOCK,
    TypeKind.TIMESTAMP: f"{_DAY}[ T]{_CLOCK}",
    TypeKind.INSTANT: rf"{_DAY}[ T]{_CLOCK}(?:Z|[+-]\d\d(?::?\d\d)?)",
    TypeKind.UUID: "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}
_USUAL: dict[TypeKind, Usual] = {
    TypeKind.INTEGER: _integers,
    TypeKind.FLOAT: _floats,
    TypeKind.DECIMAL: _decimals,
    TypeKind.BOOLEAN: _booleans,
    TypeKind.BYTES: _bytes,
    TypeKind.TEXT: _texts,
    TypeKind.JSON: _texts,
    **{kind: partial(_shaped, re.compile(shape, re.ASCII)) for kind, shape in _SHAPES.items()},
}
