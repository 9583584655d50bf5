"""What a column becomes in a table that is created through SQLAlchemy: a closed table of kinds and generic types."""

from functools import lru_cache
from typing import Any

from sqlalchemy import make_url
from sqlalchemy import types as t
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import Dialect

from migrations_app.stores.tables.alchemy.types import column_type
from migrations_app.stores.tables.configuration import OF_MYSQL
from migrations_app.stores.tables.schema import ColumnType, TypeKind

INDEXED_LENGTH = 255  # characters: three of them fit into a key of MySQL
_MOST_DIGITS, _MOST_FRACTION = 65, 30  # of MySQL's DECIMAL; a numeric without a limit gets as many
_MYSQL_MOST_CHARACTERS = 16_000  # of a VARCHAR, which shares 65,535 bytes with the whole row
# By bytes, spaces at the end too: in no other order are two texts equal only when they are the same.
_BYTEWISE = {"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}


@lru_cache
def dialect_of(engine: str) -> Dialect:
    """For writing its words; no driver is loaded. Raises NoSuchModuleError."""
    return make_url(f"{engine}://").get_dialect()()


def quoted(name: str, engine: str) -> str:
    return str(dialect_of(engine).identifier_preparer.quote_identifier(name))


def created_type(held: ColumnType, *, engine: str, indexed: bool) -> ColumnType:
    """As the catalogue will show it, save what arrives as text and stays what it is: UUID, JSON, arrays, intervals."""
    generic = _mysql(held, engine, indexed) if engine in OF_MYSQL else _generic(held, indexed)
    native = str(generic.compile(dialect=dialect_of(engine)))
    shown = column_type(generic, native)
    if held.kind in (TypeKind.UUID, TypeKind.JSON, TypeKind.ARRAY, TypeKind.INTERVAL):
        return ColumnType(held.kind, native, element=held.element)
    if held.kind in (TypeKind.TIME, TypeKind.TIMESTAMP, TypeKind.INSTANT) and shown.precision is None:
        return ColumnType(shown.kind, native, precision=held.precision)
    return shown


def takes_default(wanted: ColumnType, value: str) -> bool:
    """MySQL has none for its long texts, and reads a backslash in its own way."""
    long = wanted.kind in (TypeKind.TEXT, TypeKind.JSON) and wanted.length is None
    return bool(value) and not long and "\\" not in value


def _generic(held: ColumnType, indexed: bool) -> t.TypeEngine[Any]:
    match held.kind:
        case TypeKind.BOOLEAN:
            return t.Boolean()
        case TypeKind.INTEGER:
            bits = held.bits or 64
            return t.SmallInteger() if bits <= 16 else t.Integer() if bits <= 32 else t.BigInteger()
        case TypeKind.DECIMAL:
            return t.Numeric(held.precision, held.scale) if held.precision else t.Numeric(38, 10)
        case TypeKind.FLOAT:
            return t.REAL() if held.bits == 32 else t.Double()
        case TypeKind.BYTES:
            return t.LargeBinary(held.length)
        case TypeKind.DATE:
            return t.Date()
        case TypeKind.TIME:
            return t.Time()
        case TypeKind.TIMESTAMP | TypeKind.INSTANT:
            return t.DateTime(timezone=held.kind is TypeKind.INSTANT)
    length = _length(held, indexed)
    return t.Unicode(length) if length else t.UnicodeText()


def _mysql(held: ColumnType, engine: str, indexed: bool) -> t.TypeEngine[Any]:
    digits = 6 if held.precision is None else min(held.precision, 6)
    match held.kind:
        case TypeKind.BOOLEAN:
            return mysql.TINYINT(display_width=1)
        case TypeKind.DECIMAL if not held.precision:
            return mysql.DECIMAL(_MOST_DIGITS, _MOST_FRACTION)
        case TypeKind.DECIMAL:
            return mysql.DECIMAL(min(held.precision or 1, _MOST_DIGITS), min(max(held.scale or 0, 0), _MOST_FRACTION))
        case TypeKind.FLOAT:
            return mysql.FLOAT() if held.bits == 32 else mysql.DOUBLE()
        case TypeKind.BYTES:
            short = held.length if held.length and held.length <= _MYSQL_MOST_CHARACTERS else None
            short = short or (INDEXED_LENGTH if indexed else None)
            return mysql.VARBINARY(short) if short else mysql.LONGBLOB()
        case TypeKind.TIME:
            return mysql.TIME(fsp=digits)
        case TypeKind.TIMESTAMP:
            return mysql.DATETIME(fsp=digits)
        case TypeKind.INSTANT:
            return mysql.TIMESTAMP(fsp=digits)
        case TypeKind.INTEGER | TypeKind.DATE:
            return _generic(held, indexed)
    length, by_bytes = _length(held, indexed), {"charset": "utf8mb4", "collation": _BYTEWISE[engine]}
    if length and length <= _MYSQL_MOST_CHARACTERS:
        return mysql.VARCHAR(length, **by_bytes)
    return mysql.LONGTEXT(**by_bytes)


def _length(held: ColumnType, indexed: bool) -> int | None:
    if held.kind is TypeKind.UUID:
        return 36
    if held.kind is TypeKind.INTERVAL:
        return 64
    known = held.length if held.kind is TypeKind.TEXT else None
    return known or (INDEXED_LENGTH if indexed else None)
