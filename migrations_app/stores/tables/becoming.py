"""What a column becomes in a table that is created: its type, its default, who makes its values."""

import re
from collections.abc import Sequence

from migrations_app.stores.tables.alchemy import created
from migrations_app.stores.tables.schema import Column, ColumnType, Generated, TypeKind
from migrations_app.stores.tables.selection import AS_TEXT, Transform, TransformKind
from migrations_app.stores.tables.sqlite import types as sqlite_types

POSTGRES, SQLITE = "postgres", "sqlite"
_INTEGERS = {16: "smallint", 32: "integer"}  # by the bits that they hold
_PLAIN = {
    TypeKind.BOOLEAN: "boolean",
    TypeKind.BYTES: "bytea",
    TypeKind.DATE: "date",
    TypeKind.UUID: "uuid",
    TypeKind.JSON: "jsonb",
    TypeKind.ANY: "text",
    TypeKind.OTHER: "text",
}
_CLOCKS = {
    TypeKind.TIME: ("time", " without time zone"),
    TypeKind.TIMESTAMP: ("timestamp", " without time zone"),
    TypeKind.INSTANT: ("timestamp", " with time zone"),
    TypeKind.INTERVAL: ("interval", ""),
}
_INSTANT = ColumnType(TypeKind.INSTANT, "", precision=6)
_MADE = {
    **dict.fromkeys(
        (TransformKind.CONSTANT, TransformKind.TRIM, TransformKind.LOWER, TransformKind.UPPER, TransformKind.CUT),
        AS_TEXT,
    ),
    TransformKind.ROUND: ColumnType(TypeKind.DECIMAL, ""),
    **dict.fromkeys((TransformKind.TIME_ZONE, TransformKind.EPOCH_SECONDS, TransformKind.EPOCH_MILLISECONDS), _INSTANT),
}
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_QUALIFIED = re.compile(r'(?:"|\w)\.(?:"|[A-Za-z_])')
# A value alone, as either database writes a default; PostgreSQL says of which type it is.
_VALUE = re.compile(
    r"\(?(?P<value>-?[0-9]+(?:\.[0-9]+)?|'(?:[^']|'')*'|true|false)\)?(?:::[a-z ]+(?:\([0-9,]+\))?)?", re.IGNORECASE
)


def transformed(held: ColumnType, transforms: Sequence[Transform]) -> ColumnType:
    """The type that transforms make of one."""
    for transform in transforms:
        held = _MADE.get(transform.kind, held)
    return held


def created_type(held: ColumnType, *, source: str, engine: str, indexed: bool = False) -> ColumnType:
    """The type of a created column, as the catalogue will show it. `source` is the engine that `held` comes from.

    `indexed`: a key, an index or a foreign key is to be over it, which some databases allow of short texts only.
    """
    if engine == SQLITE:
        native = held.native if source == SQLITE and held.native else sqlite_types.declared_type(held)
        return sqlite_types.column_type(native)
    if engine != POSTGRES:
        return held if source == engine else created.created_type(held, engine=engine, indexed=indexed)
    return _postgres_type(held, source)


def created_default(column: Column, wanted: ColumnType, *, source: str, engine: str) -> str:
    """The default's SQL; '' where it means nothing there, or calls something that may not be there."""
    written = column.default
    if not written or column.generated is not Generated.NO or written.startswith("nextval("):
        return ""
    if source == engine:
        return "" if _QUALIFIED.search(_LITERAL.sub("", written)) else f"({written})" if engine == SQLITE else written
    match = _VALUE.fullmatch(written.strip())
    value = _value(match["value"], wanted, engine) if match else ""
    return value if engine in (POSTGRES, SQLITE) or created.takes_default(wanted, value) else ""


def identity(column: Column, has_sequence: bool, wanted: ColumnType) -> Generated:
    """Whether the database is to give numbers, as it does at the source."""
    if wanted.kind is not TypeKind.INTEGER:
        return Generated.NO
    if column.generated in (Generated.ALWAYS, Generated.BY_DEFAULT):
        return column.generated
    return Generated.BY_DEFAULT if has_sequence else Generated.NO


def _postgres_type(held: ColumnType, source: str) -> ColumnType:
    if held.kind is TypeKind.ARRAY:
        element = _postgres_type(held.element or AS_TEXT, source)
        return ColumnType(TypeKind.ARRAY, f"{element.native}[]", element=element)
    # Types of a schema may not be there: what is left of a domain is its base, of an enum its text.
    if source == POSTGRES and held.native and not _QUALIFIED.search(held.native):
        return held
    if held.kind in (TypeKind.ANY, TypeKind.OTHER):
        return AS_TEXT
    return ColumnType(
        held.kind,
        _postgres_name(held),
        bits=_postgres_bits(held),
        precision=(held.precision if held.precision is not None else 6) if held.kind in _CLOCKS else held.precision,
        scale=held.scale,
        length=held.length,
    )


def _postgres_bits(held: ColumnType) -> int | None:
    if held.kind is TypeKind.FLOAT:
        return held.bits or 64
    return (
        next((bits for bits in _INTEGERS if (held.bits or 64) <= bits), 64) if held.kind is TypeKind.INTEGER else None
    )


def _postgres_name(held: ColumnType) -> str:
    """As `format_type` of PostgreSQL writes it."""
    match held.kind:
        case TypeKind.INTEGER:
            return _INTEGERS.get(_postgres_bits(held) or 64, "bigint")
        case TypeKind.FLOAT:
            return "real" if held.bits == 32 else "double precision"
        case TypeKind.DECIMAL:
            return f"numeric({held.precision},{held.scale or 0})" if held.precision else "numeric"
        case TypeKind.TEXT:
            return f"character varying({held.length})" if held.length else "text"
    if held.kind in _CLOCKS:
        name, zone = _CLOCKS[held.kind]
        digits = "" if held.precision in (None, 6) else f"({held.precision})"
        return f"{name}{digits}{zone}"
    return _PLAIN[held.kind]


def _value(text: str, wanted: ColumnType, engine: str) -> str:
    """A value that stands alone as a default of the other kind of database."""
    kind = wanted.kind
    if kind is TypeKind.BOOLEAN:
        truth = text.lower() in ("1", "true", "'t'", "'true'")
        return str(truth).lower() if engine == POSTGRES else str(int(truth))
    if text.lower() in ("true", "false"):
        return ""
    is_number = not text.startswith("'")
    if kind in (TypeKind.INTEGER, TypeKind.FLOAT, TypeKind.DECIMAL):
        if kind is TypeKind.DECIMAL and engine == SQLITE:
            return f"'{text}'" if is_number else text
        return text if is_number or engine == POSTGRES else ""
    return text if kind is TypeKind.TEXT and not is_number else ""
