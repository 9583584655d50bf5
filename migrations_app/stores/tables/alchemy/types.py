"""Types of SQLAlchemy as kinds that other databases have too."""

from typing import Any

from sqlalchemy import types as t
from sqlalchemy.dialects import mysql

from migrations_app.stores.tables.canonical import BINARY_JSON
from migrations_app.stores.tables.schema import ColumnType, TypeKind

# In this order: a class stands before those that it is made from.
_KINDS: tuple[tuple[type[Any], TypeKind], ...] = (
    (t.Boolean, TypeKind.BOOLEAN),
    (mysql.YEAR, TypeKind.INTEGER),
    (mysql.BIT, TypeKind.INTEGER),
    (mysql.TIMESTAMP, TypeKind.INSTANT),  # MySQL's own is a point in time
    (t.Integer, TypeKind.INTEGER),
    (t.Float, TypeKind.FLOAT),
    (t.Numeric, TypeKind.DECIMAL),
    (t.LargeBinary, TypeKind.BYTES),
    (t._Binary, TypeKind.BYTES),
    (t.JSON, TypeKind.JSON),
    (t.Uuid, TypeKind.UUID),
    (t.String, TypeKind.TEXT),
    (t.DateTime, TypeKind.TIMESTAMP),
    (t.Date, TypeKind.DATE),
    (t.Time, TypeKind.TIME),
    (t.Interval, TypeKind.INTERVAL),
)
_MYSQL_BITS: tuple[tuple[type[Any], int], ...] = (
    (mysql.TINYINT, 8),
    (mysql.SMALLINT, 16),
    (mysql.MEDIUMINT, 24),
    (mysql.BIGINT, 64),
    (mysql.INTEGER, 32),
)
_WITH_DIGITS = (mysql.DATETIME, mysql.TIMESTAMP, mysql.TIME)


def column_type(found: t.TypeEngine[Any], shown: str) -> ColumnType:
    """`shown` is the type as the database's dialect writes it."""
    kind = next((kind for known, kind in _KINDS if isinstance(found, known)), TypeKind.OTHER)
    if kind is TypeKind.TIMESTAMP and getattr(found, "timezone", False):
        kind = TypeKind.INSTANT
    if _is_truth(found):
        return ColumnType(TypeKind.BOOLEAN, shown)
    return ColumnType(
        kind,
        _native(found, shown),
        bits=_bits(found, kind),
        precision=_precision(found, kind),
        scale=getattr(found, "scale", None) if kind is TypeKind.DECIMAL else None,
        length=_length(found) if kind in (TypeKind.TEXT, TypeKind.BYTES) else None,
    )


def _is_truth(found: t.TypeEngine[Any]) -> bool:
    """`tinyint(1)` is what MySQL makes of BOOLEAN; that a row holds 2 is found by looking at it."""
    if isinstance(found, mysql.TINYINT):
        return found.display_width == 1 and not found.unsigned
    return isinstance(found, mysql.BIT) and found.length in (None, 1)


def _native(found: t.TypeEngine[Any], shown: str) -> str:
    if isinstance(found, mysql.JSON):
        return BINARY_JSON
    # Spaces at the end mean nothing in it, which `canonical.form_of` sees by this name.
    return f"character{shown[4:]}" if isinstance(found, t.CHAR) and shown.upper().startswith("CHAR(") else shown


def _length(found: Any) -> int | None:
    if isinstance(found, mysql.SET):
        return None  # of one value the dialect knows it, not of several
    return max(map(len, found.enums), default=0) if isinstance(found, mysql.ENUM) else getattr(found, "length", None)


def _precision(found: Any, kind: TypeKind) -> int | None:
    if isinstance(found, _WITH_DIGITS):
        return found.fsp or 0
    return getattr(found, "precision", None) if kind is TypeKind.DECIMAL else None


def _bits(found: Any, kind: TypeKind) -> int | None:
    """As many as a number with a sign needs: 33 for MySQL's `int unsigned`."""
    if kind is TypeKind.FLOAT:
        single = isinstance(found, mysql.FLOAT) or (isinstance(found, t.REAL) and not isinstance(found, mysql.REAL))
        return 32 if single else 64
    if kind is not TypeKind.INTEGER:
        return None
    if isinstance(found, mysql.YEAR):
        return 16
    if isinstance(found, mysql.BIT):
        return (found.length or 1) + 1
    bits = next((bits for known, bits in _MYSQL_BITS if isinstance(found, known)), None)
    if bits is not None:
        return bits + bool(found.unsigned)
    return 16 if isinstance(found, t.SmallInteger) else 64 if isinstance(found, t.BigInteger) else 32
