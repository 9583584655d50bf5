"""Writes of the journal's hot path: SQL that is made once, where the ORM makes it anew for every row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model


class Insert:
    """`INSERT` of these fields of a model; with `unique`, a row that is there already is changed instead.

    Good for the database in use: both know `ON CONFLICT` (Django's own upsert writes the same).
    """

    def __init__(self, model: type[Model], fields: Sequence[str], *, unique: Sequence[str] = ()) -> None:
        options = model._meta
        self._fields = [(name, _field(model, name)) for name in fields]
        columns = ", ".join(_column(model, name) for name in fields)
        places = ", ".join(["%s"] * len(fields))
        self._sql = f"INSERT INTO {options.db_table} ({columns}) VALUES ({places})"  # noqa: S608  (names of our own)
        if unique:
            keys = ", ".join(_column(model, name) for name in unique)
            changed = [_column(model, name) for name in fields if name not in unique]
            news = ", ".join(f"{column} = excluded.{column}" for column in changed)
            self._sql += f" ON CONFLICT ({keys}) DO UPDATE SET {news}"

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Each row names every field (a foreign key by its field's name, its value being the key)."""
        database = connections[DEFAULT_DB_ALIAS]
        with database.cursor() as cursor:
            for row in rows:
                cursor.execute(self._sql, [field.get_db_prep_save(row[name], database) for name, field in self._fields])


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field


def _column(model: type[Model], name: str) -> str:
    return f'"{_field(model, name).column}"'
