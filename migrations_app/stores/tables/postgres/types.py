"""Types of PostgreSQL as kinds that other databases have too."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.stores.tables.schema import ColumnType, TypeKind

_KINDS = {
    "bool": TypeKind.BOOLEAN,
    "int2": TypeKind.INTEGER,
    "int4": TypeKind.INTEGER,
    "int8": TypeKind.INTEGER,
    "numeric": TypeKind.DECIMAL,
    "float4": TypeKind.FLOAT,
    "float8": TypeKind.FLOAT,
    "text": TypeKind.TEXT,
    "varchar": TypeKind.TEXT,
    "bpchar": TypeKind.TEXT,
    "name": TypeKind.TEXT,
    "citext": TypeKind.TEXT,
    "bytea": TypeKind.BYTES,
    "date": TypeKind.DATE,
    "time": TypeKind.TIME,
    "timestamp": TypeKind.TIMESTAMP,
    "timestamptz": TypeKind.INSTANT,
    "interval": TypeKind.INTERVAL,
    "uuid": TypeKind.UUID,
    "json": TypeKind.JSON,
    "jsonb": TypeKind.JSON,
}
_BITS = {"int2": 16, "int4": 32, "int8": 64, "float4": 32, "float8": 64}
_UNLIMITED = 0xFFFF  # how an interval says that it keeps every digit of a second


@dataclass(frozen=True, slots=True)
class PostgresType:
    """A row of `pg_type`. `base` and `element` are 0 where there is none; `modifier` is a domain's own."""

    name: str
    shown: str
    is_array: bool
    base: int
    element: int
    modifier: int


def column_type(types: Mapping[int, PostgresType], oid: int, modifier: int, shown: str) -> ColumnType:
    """`shown` is what `format_type` makes of the column. A domain is of its base's kind, under its own name."""
    found = types[oid]
    while found.base:
        modifier = found.modifier if modifier == -1 else modifier
        found = types[found.base]
    if found.is_array:
        inside = types[found.element]
        shown_inside = shown.removesuffix("[]") if shown.endswith("[]") else inside.shown
        element = column_type(types, found.element, modifier, shown_inside)
        return ColumnType(TypeKind.ARRAY, shown, element=element)
    kind = _KINDS.get(found.name, TypeKind.OTHER)
    precision, scale, length = _limits(found.name, modifier)
    return ColumnType(kind, shown, _BITS.get(found.name), precision, scale, length)


def _limits(name: str, modifier: int) -> tuple[int | None, int | None, int | None]:
    """Precision, scale and length from a type modifier, as `numeric.h` and `varchar.c` pack them."""
    if name in ("time", "timestamp", "timestamptz"):
        return (6 if modifier < 0 else modifier), None, None
    if name == "interval":
        digits = modifier & _UNLIMITED
        return (6 if modifier < 0 or digits == _UNLIMITED else digits), None, None
    if name == "name":
        return None, None, 63
    if modifier < 4:
        return None, None, None
    if name == "numeric":
        scale = (modifier - 4) & 0x7FF
        return ((modifier - 4) >> 16) & 0xFFFF, scale - 0x800 if scale >= 0x400 else scale, None
    return None, None, modifier - 4 if name in ("varchar", "bpchar") else None
