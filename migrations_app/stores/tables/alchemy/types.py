"""Types of SQLAlchemy as kinds that other databases have too."""

from typing import Any

from sqlalchemy import types as t

from migrations_app.stores.tables.schema import ColumnType, TypeKind

# In this order: a class stands before those that it is made from.
_KINDS: tuple[tuple[type[Any], TypeKind], ...] = (
    (t.Boolean, TypeKind.BOOLEAN),
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


def column_type(found: t.TypeEngine[Any], shown: str) -> ColumnType:
    """`shown` is the type as the database's dialect writes it."""
    kind = next((kind for known, kind in _KINDS if isinstance(found, known)), TypeKind.OTHER)
    if kind is TypeKind.TIMESTAMP and getattr(found, "timezone", False):
        kind = TypeKind.INSTANT
    return ColumnType(
        kind,
        shown,
        bits=_bits(found, kind),
        precision=getattr(found, "precision", None) if kind is TypeKind.DECIMAL else None,
        scale=getattr(found, "scale", None) if kind is TypeKind.DECIMAL else None,
        length=getattr(found, "length", None) if kind in (TypeKind.TEXT, TypeKind.BYTES) else None,
    )


def _bits(found: t.TypeEngine[Any], kind: TypeKind) -> int | None:
    if kind is TypeKind.FLOAT:
        return 32 if isinstance(found, t.REAL) else 64
    if kind is not TypeKind.INTEGER:
        return None
    return 16 if isinstance(found, t.SmallInteger) else 64 if isinstance(found, t.BigInteger) else 32
