"""Values of any driver, in both directions: read as SQLite's driver would give them, and bound in place of a text."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any
from uuid import UUID

from migrations_app.stores.tables.alchemy.abilities import Abilities
from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.canonical import FOREIGN, Undecodable, canonical, native
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped
from migrations_app.stores.tables.traps import MESSAGES, beyond

Convert = Callable[[Any], Any]
_AS_THEY_ARE = (str, int, float, bytes, type(None))
_OF_ONE_TYPE = {TypeKind.INTEGER: int, TypeKind.TEXT: str, TypeKind.BYTES: bytes}
_PARSED: dict[TypeKind, Callable[[str], Any]] = {
    TypeKind.DECIMAL: Decimal,
    TypeKind.DATE: date.fromisoformat,
    TypeKind.TIME: time.fromisoformat,
    TypeKind.TIMESTAMP: datetime.fromisoformat,
    TypeKind.INSTANT: datetime.fromisoformat,
}
_REMEMBERED = 4096


def plain(held: ColumnType) -> Convert:
    """Of a column's values: text, number, bytes or None, from which canonical texts are made."""
    in_utc = "+00" if held.kind is TypeKind.INSTANT else ""
    bits = held.native.upper().startswith("BIT")

    def convert(value: Any) -> Any:
        if bits and isinstance(value, bytes):
            return int.from_bytes(value)
        if type(value) in _AS_THEY_ARE:
            return value
        match value:
            case bool():
                return int(value)
            case Decimal():
                return format(value, "f")
            case datetime():
                return value.isoformat(" ") + ("" if value.tzinfo else in_utc)
            case date() | time() | UUID():
                return str(value)
            case timedelta():
                return _clock(value) if held.kind is TypeKind.TIME else _duration(value)
            case bytearray() | memoryview():
                return bytes(value)
            case dict() | list():
                return json.dumps(value, ensure_ascii=False)
        return str(value)

    return convert


def _clock(span: timedelta) -> str:
    """MySQL's TIME goes from -838 hours to 838; what is no time of a day stays none."""
    micros = span // timedelta(microseconds=1)
    seconds, fraction = divmod(abs(micros), 1_000_000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:06d}"
    return f"-{text}" if micros < 0 else text


def _duration(span: timedelta) -> str:
    micros = span // timedelta(microseconds=1)
    seconds, fraction = divmod(abs(micros), 1_000_000)
    return f"PT{'-' if micros < 0 else ''}{seconds}.{fraction:06d}S"


def bound(held: ColumnType, text: str, able: Abilities) -> Any:
    """What the driver is given for a canonical text of a column. Raises Refused where it has no such value."""
    kind = held.kind
    if text.startswith(FOREIGN):
        return native(held, text)
    try:
        if kind is TypeKind.FLOAT:
            return _finite(float(text))
        if kind is TypeKind.INTEGER:
            return int(text)
        if kind in _PARSED:
            return _text(kind, text, able) if able.texts else _PARSED[kind](text.replace("infinity", ""))
        value = native(held, text)
    except (ValueError, ArithmeticError):
        raise Refused(f"The target holds no such {kind}.") from None
    if isinstance(value, Undecodable):
        raise Refused("It is not UTF-8.")
    return value


def _text(kind: TypeKind, text: str, able: Abilities) -> str:
    if text.lower() in ("nan", "infinity", "-infinity") or text.endswith(" BC"):
        raise Refused(f"The target holds no such {kind}.")
    return text.removesuffix("+00") if kind is TypeKind.INSTANT and not able.zones else text


def _finite(number: float) -> float:
    if not isfinite(number):
        raise Refused("The target holds neither NaN nor an infinite number.")
    return number


def binder(mapped: Mapped, able: Abilities) -> Convert:
    """From a value that travels to what the driver is given.

    Raises Refused for what the target would round without a word, and for what is none of the column's kind.
    """
    wanted, kind = mapped.type, mapped.type.kind

    def by_text(value: Any) -> Any:
        text = value if isinstance(value, str) else canonical(wanted, value) or ""
        if text.startswith(FOREIGN):
            raise _refused(mapped, f"it is no value of type {wanted.native}")
        if isinstance(value, Foreign) and kind in (TypeKind.TEXT, TypeKind.OTHER):
            return bound(wanted, text, able)
        code = beyond(wanted, text)
        if code is not None:
            raise _refused(mapped, MESSAGES[code][0].format(wanted.native))
        try:
            return bound(wanted, text, able)
        except Refused as refused:
            raise _refused(mapped, refused.reason.rstrip(".")) from None

    if kind in _OF_ONE_TYPE:
        known = _OF_ONE_TYPE[kind]
        return lambda value: value if type(value) is known or value is None else by_text(value)
    if kind is TypeKind.FLOAT and wanted.bits != 32:
        return lambda value: value if value is None or (type(value) is float and isfinite(value)) else by_text(value)
    remembered = lru_cache(_REMEMBERED, typed=True)(by_text)
    return lambda value: None if value is None else remembered(value)


def restored(mapped: Mapped, text: str | None, able: Abilities) -> Any:
    """What the driver is given for a canonical text. Raises Refused as `binder` does, save that what is none of the
    kind becomes again what it was: the target held it before."""
    if text is None:
        return None
    code = None if text.startswith(FOREIGN) else beyond(mapped.type, text)
    if code is not None:
        raise _refused(mapped, MESSAGES[code][0].format(mapped.type.native))
    return bound(mapped.type, text, able)


def _refused(mapped: Mapped, why: str) -> Refused:
    return Refused(f"Column “{mapped.target}”: {why[:1].lower()}{why[1:]}.")
