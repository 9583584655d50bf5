"""What a column of SQLite is meant to hold, by its declared type. Nothing but STRICT enforces it, nor any limit."""

import re

from migrations_app.stores.tables.schema import ColumnType, TypeKind

_LIMITS = re.compile(r"\s*\([^)]*\)\s*")
# In this order, by a part of the name; the first that fits. INTERVAL and POINT hold INT, DATETIME holds DATE and TIME.
_PARTS = (
    ("BOOL", TypeKind.BOOLEAN),
    ("INTERVAL", TypeKind.INTERVAL),
    ("UUID", TypeKind.UUID),
    ("GUID", TypeKind.UUID),
    ("JSON", TypeKind.JSON),
    ("TIMESTAMPTZ", TypeKind.INSTANT),
    ("WITH TIME ZONE", TypeKind.INSTANT),
    ("DATETIME", TypeKind.TIMESTAMP),
    ("TIMESTAMP", TypeKind.TIMESTAMP),
    ("DATE", TypeKind.DATE),
    ("TIME", TypeKind.TIME),
    ("DECIMAL", TypeKind.DECIMAL),
    ("NUMERIC", TypeKind.DECIMAL),
    ("INT", TypeKind.INTEGER),
    ("CHAR", TypeKind.TEXT),
    ("CLOB", TypeKind.TEXT),
    ("TEXT", TypeKind.TEXT),
    ("STRING", TypeKind.TEXT),
    ("BLOB", TypeKind.BYTES),
    ("BINARY", TypeKind.BYTES),
    ("REAL", TypeKind.FLOAT),
    ("FLOA", TypeKind.FLOAT),
    ("DOUB", TypeKind.FLOAT),
)
_BITS = {TypeKind.INTEGER: 64, TypeKind.FLOAT: 64}
_ARRAY = " ARRAY"
# How a column is declared that is to keep values of a kind exactly. SQLite makes numbers of what looks like one in a
# column whose type has no TEXT in its name, and loses digits; so some have.
DECLARED = {
    TypeKind.BOOLEAN: "BOOLEAN",
    TypeKind.INTEGER: "INTEGER",
    TypeKind.DECIMAL: "DECIMAL_TEXT",
    TypeKind.FLOAT: "DOUBLE",
    TypeKind.TEXT: "TEXT",
    TypeKind.BYTES: "BLOB",
    TypeKind.DATE: "DATE",
    TypeKind.TIME: "TIME",
    TypeKind.TIMESTAMP: "TIMESTAMP",
    TypeKind.INSTANT: "TIMESTAMPTZ",
    TypeKind.INTERVAL: "INTERVAL",
    TypeKind.UUID: "UUID_TEXT",
    TypeKind.JSON: "JSON_TEXT",
    TypeKind.ANY: "",
    TypeKind.OTHER: "TEXT",
}


def column_type(declared: str) -> ColumnType:
    """What is not known by its name may hold anything."""
    name = " ".join(_LIMITS.sub(" ", declared.upper()).split())
    if name.endswith(_ARRAY):
        return ColumnType(TypeKind.ARRAY, declared, element=column_type(name.removesuffix(_ARRAY)))
    kind = next((kind for part, kind in _PARTS if part in name), TypeKind.ANY)
    return ColumnType(kind, declared, _BITS.get(kind))


def declared_type(wanted: ColumnType) -> str:
    if wanted.kind is TypeKind.ARRAY:
        return (DECLARED[wanted.element.kind] if wanted.element else "TEXT") + _ARRAY
    return DECLARED[wanted.kind]
