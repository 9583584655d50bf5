"""Functions of SQLite that make canonical texts."""

import sqlite3
from collections.abc import Callable
from functools import partial

from migrations_app.stores.tables.canonical import Undecodable, form_of, reader
from migrations_app.stores.tables.schema import ColumnType, TypeKind

_PREFIX = "snakeweb_as_"


def register(connection: sqlite3.Connection) -> None:
    """Make what `text_of` calls. They are gone with the connection."""
    encoding = connection.execute("PRAGMA encoding").fetchone()[0]
    for name, read in _functions().items():
        connection.create_function(name, 2, partial(_call, read, encoding), deterministic=True)


def text_of(sql: str, wanted: ColumnType) -> str:
    """The canonical text of an expression, read as `wanted`; NULL stays NULL.

    A text goes to the function as bytes, because what is no UTF-8 cannot be handed over otherwise.
    """
    text = f"typeof({sql}) = 'text'"
    return f"{_name(wanted)}({text}, CASE WHEN {text} THEN CAST({sql} AS BLOB) ELSE {sql} END)"


def _call(read: Callable[[object], str | None], encoding: str, is_text: int, value: object) -> str | None:
    if not is_text or not isinstance(value, bytes):
        return read(value)
    try:
        return read(value.decode(encoding))
    except UnicodeDecodeError:
        return read(Undecodable(value))


def _functions() -> dict[str, Callable[[object], str | None]]:
    simple = [
        ColumnType(kind, native)
        for kind in TypeKind
        if kind is not TypeKind.ARRAY
        for native in ("", *({TypeKind.JSON: ["jsonb"], TypeKind.TEXT: ["character(1)"]}.get(kind, ())))
    ]
    arrays = [ColumnType(TypeKind.ARRAY, "", element=element) for element in simple]
    return {_name(each): reader(each) for each in (*simple, *arrays, ColumnType(TypeKind.ARRAY, ""))}


def _name(wanted: ColumnType) -> str:
    form = form_of(wanted)
    detail = "_padded" if form.padded else "_normal" if form.kind is TypeKind.JSON and not form.verbatim else ""
    element = f"_of_{_name(wanted.element).removeprefix(_PREFIX)}" if wanted.element else ""
    return f"{_PREFIX}{form.kind}{detail}{element}"
