"""What becomes of SQLite's values on their way: transforms, canonical texts, and what is bound in their place."""

import string
from collections.abc import Callable
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.canonical import canonical, native, reader, unfit
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import AS_TEXT, Mapped, Transform, TransformKind

Text = Callable[[Any], str | None]
Carry = Callable[[Any], Any]

INSTANT = ColumnType(TypeKind.INSTANT, "timestamp with time zone", precision=6)
NUMBER = ColumnType(TypeKind.DECIMAL, "numeric")
REMEMBERED = 4096
_AS_IT_IS = {
    TypeKind.INTEGER: int,
    TypeKind.FLOAT: float,
    TypeKind.TEXT: str,
    TypeKind.OTHER: str,
    TypeKind.BYTES: bytes,
}
_OF_NUMBERS_AND_TIMES = (
    TransformKind.ROUND,
    TransformKind.TIME_ZONE,
    TransformKind.EPOCH_SECONDS,
    TransformKind.EPOCH_MILLISECONDS,
)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def text_maker(mapped: Mapped, held: ColumnType) -> Text:
    """From a value of the source's column to the canonical text of what it becomes."""
    read = reader(mapped.type)
    if not mapped.transforms:
        return read
    return lambda value: read(_transformed(value, held, mapped.transforms))


def carrier(mapped: Mapped, held: ColumnType) -> Carry:
    """From a value of the source's column to the value that travels."""
    kind, text_of = mapped.type.kind, text_maker(mapped, held)
    fits = _AS_IT_IS.get(kind) if not mapped.transforms else None

    def by_text(value: Any) -> Any:
        text = text_of(value)
        if text is None:
            return None
        if unfit(mapped.type, text):
            return Foreign(text)
        return native(mapped.type, text) if kind in _AS_IT_IS else text

    if fits is None:
        return lru_cache(REMEMBERED, typed=True)(by_text)

    def carry(value: Any) -> Any:
        return value if type(value) is fits or value is None else by_text(value)

    return carry


def binder(mapped: Mapped) -> Carry:
    """From a value that travels to what SQLite stores."""
    if mapped.type.kind in (TypeKind.INTEGER, TypeKind.TEXT, TypeKind.OTHER, TypeKind.BYTES):
        return lambda value: _bound(mapped.type, value) if type(value) is Foreign else value
    if mapped.type.kind is TypeKind.FLOAT:
        # SQLite would make a null of a NaN, and say nothing.
        return lambda value: (
            value if value is None or (type(value) is float and value == value) else _float(mapped, value)
        )
    return lru_cache(REMEMBERED)(lambda value: None if value is None else _bound(mapped.type, value))


def _float(mapped: Mapped, value: Any) -> Any:
    if type(value) is Foreign:
        return _bound(mapped.type, value)
    # SQLite would make a null of a NaN, and say nothing.
    return value if value == value else _bound(mapped.type, "NaN")


def _bound(column: ColumnType, text: Any) -> Any:
    """What SQLite stores for a canonical text. Raises Refused."""
    try:
        return native(column, text)
    except (ValueError, OverflowError):
        raise Refused(f"SQLite holds no such {column.kind}.") from None


def _transformed(value: Any, held: ColumnType, transforms: tuple[Transform, ...]) -> Any:
    for transform in transforms:
        value, held = _one(value, held, transform)
    return value


def _one(value: Any, held: ColumnType, transform: Transform) -> tuple[Any, ColumnType]:
    given = transform.text
    match transform.kind:
        case TransformKind.CONSTANT:
            return given, AS_TEXT
        case TransformKind.IF_NULL:
            return (native(held, given) if value is None else value), held
        case TransformKind.NULL_IF:
            return (None if _text(value, held) == given else value), held
        case (
            TransformKind.ROUND
            | TransformKind.TIME_ZONE
            | TransformKind.EPOCH_SECONDS
            | TransformKind.EPOCH_MILLISECONDS
        ):
            return _of_number_or_time(value, held, transform)
    text = _text(value, held)
    return (text if text is None else _of_text(text, transform)), AS_TEXT


def _of_text(text: str, transform: Transform) -> str:
    match transform.kind:
        case TransformKind.TRIM:
            return text.strip(" ")
        case TransformKind.LOWER:
            return text.translate(_LOWER)
        case TransformKind.UPPER:
            return text.translate(_UPPER)
        case TransformKind.CUT:
            length = int(transform.text)
            return text[:length]
        case TransformKind.REMOVE_NUL:
            return text.replace("\0", "")
    raise ValidationFailed(f"There is no transform “{transform.kind}”.")


def _text(value: Any, held: ColumnType) -> str | None:
    return value if held.kind is TypeKind.TEXT and isinstance(value, str) else canonical(held, value)


def _of_number_or_time(value: Any, held: ColumnType, transform: Transform) -> tuple[Any, ColumnType]:
    wanted = NUMBER if transform.kind is TransformKind.ROUND else INSTANT
    if value is None:
        return None, wanted
    try:
        if transform.kind is TransformKind.TIME_ZONE:
            text = canonical(ColumnType(TypeKind.TIMESTAMP, "timestamp without time zone"), value)
            return f"{text}{_offset(transform.text)}", INSTANT
        number = Decimal(canonical(NUMBER, value) or "")
        with localcontext(prec=400):
            if transform.kind is TransformKind.ROUND:
                return format(number.quantize(Decimal(1).scaleb(-int(transform.text)), ROUND_HALF_UP), "f"), NUMBER
            return _instant(number / 1000 if transform.kind is TransformKind.EPOCH_MILLISECONDS else number), INSTANT
    except (InvalidOperation, OverflowError, ValueError):
        raise Refused(f"A value cannot be transformed ({transform.kind}).") from None


def _instant(seconds: Decimal) -> str:
    """ISO text in UTC of a number of seconds since 1970, rounded to microseconds, in the Gregorian calendar."""
    whole = int(seconds.to_integral_value(ROUND_FLOOR))
    micros = int(((seconds - whole) * 1_000_000).to_integral_value(ROUND_HALF_UP))
    days, second = divmod(whole + micros // 1_000_000, 86_400)
    year, month, day = _date(days)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{micros % 1_000_000:06d}+00"
    return (
        f"{year:04d}-{month:02d}-{day:02d} {clock}" if year > 0 else f"{1 - year:04d}-{month:02d}-{day:02d} {clock} BC"
    )


def _date(days: int) -> tuple[int, int, int]:
    """Of days since 1970-01-01: eras of 400 years, years that begin in March."""
    era, of_era = divmod(days + 719_468, 146_097)
    of_years = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * of_years + of_years // 4 - of_years // 100)
    shifted = (5 * of_year + 2) // 153
    month = (shifted + 2) % 12 + 1
    return era * 400 + of_years + (month < 3), month, of_year - (153 * shifted + 2) // 5 + 1


def _offset(zone: str) -> str:
    if zone.upper() in ("UTC", "Z"):
        return "+00"
    return zone if ":" in zone or len(zone) < 5 else f"{zone[:3]}:{zone[3:]}"
