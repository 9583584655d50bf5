"""The tables of any database that SQLAlchemy can inspect.

Estimates of rows, triggers and sequences only of MySQL and MariaDB.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Inspector, exc, inspect

from migrations_app.stores.tables.alchemy import mysql
from migrations_app.stores.tables.alchemy.abilities import abilities_of, name_of
from migrations_app.stores.tables.alchemy.types import column_type
from migrations_app.stores.tables.configuration import OF_MYSQL
from migrations_app.stores.tables.schema import (
    Catalogue,
    Column,
    ColumnType,
    ForeignKey,
    Generated,
    Index,
    Key,
    Table,
    TypeKind,
)
from migrations_app.stores.tables.schema import (
    Sequence as SequenceOf,
)


def read_catalogue(connection: Connection, schemas: Sequence[str], tables: Sequence[str] | None) -> Catalogue:
    """Tables are named `schema.table` where schemas are configured, else `table`. Raises what SQLAlchemy raises.

    `details` beside the others': `cannot`, what a target of this kind lacks, a sentence a line, and
    `not_transactional`, the tables whose rows are there at once whatever becomes of a transaction.
    """
    with warnings.catch_warnings():
        # Of a type that it does not know SQLAlchemy warns; such a column is of no known kind.
        warnings.simplefilter("ignore", exc.SAWarning)
        return _read(connection, schemas, tables)


def _read(connection: Connection, schemas: Sequence[str], tables: Sequence[str] | None) -> Catalogue:
    inspector, engine = inspect(connection), name_of(connection.dialect)
    settings = mysql.settings(connection) if engine in OF_MYSQL else None
    read: dict[str, Table] = {}
    left_out: list[str] = []
    loose: list[str] = []
    for schema in schemas or (None,):
        facts = mysql.Facts()
        if engine in OF_MYSQL:
            facts = mysql.facts(connection, schema, mariadb=engine == "mariadb")
        loose += [_name(schema, table) for table in facts.not_transactional]
        reading = _Reading(connection, inspector, schema, facts)
        for plain in sorted(inspector.get_table_names(schema)):
            name = _name(schema, plain)
            if (tables is None or name in tables) and not plain.lower().startswith("snakeweb_"):
                read[name] = reading.table(name, plain)
        left_out += [_name(schema, view) for view in inspector.get_view_names(schema)]
    details = {
        "engine": engine,
        "schemas": ", ".join(schemas),
        "collation": mysql.collation_of(settings.collation) if settings else f"{engine}:unknown",
        "left_out": ", ".join(left_out),
        "cannot": "\n".join(abilities_of(engine).cannot(engine)),
        "not_transactional": ", ".join(loose),
    }
    encoding, zone = (settings.encoding, settings.time_zone) if settings else ("UTF8", "")
    return Catalogue(read, encoding, zone, details)


def _name(schema: str | None, table: str) -> str:
    return f"{schema}.{table}" if schema else table


class _Reading:
    def __init__(self, connection: Connection, inspector: Inspector, schema: str | None, facts: mysql.Facts) -> None:
        self._dialect = connection.dialect
        self._facts = facts
        self._inspector = inspector
        self._schema = schema

    def table(self, name: str, plain: str) -> Table:
        primary = self._inspector.get_pk_constraint(plain, self._schema)["constrained_columns"]
        columns = tuple(self._column(plain, each, primary) for each in self._inspector.get_columns(plain, self._schema))
        rows, size, last = self._facts.tables.get(plain, (0, 0, None))
        indexes = self._inspector.get_indexes(plain, self._schema)
        uniques = self._inspector.get_unique_constraints(plain, self._schema)
        built = {str(each["name"]): _index(each) for each in indexes}
        for each in uniques:
            name_of_key = str(each["name"] or f"{plain}_{'_'.join(each['column_names'])}_key")
            built.setdefault(name_of_key, Index(name_of_key, tuple(each["column_names"]), True))
        nullable = {each.name for each in columns if each.nullable}
        return Table(
            name=name,
            columns=columns,
            keys=tuple(_keys(plain, primary, built.values(), nullable)),
            foreign_keys=tuple(map(self._foreign_key, self._inspector.get_foreign_keys(plain, self._schema))),
            indexes=tuple(built),
            sequences=tuple(SequenceOf(name, each.name, last) for each in columns if self._counts(each)),
            triggers=self._facts.triggers.get(plain, ()),
            checks=tuple(self._checks(plain)),
            rows=rows,
            bytes=size,
            built=tuple(built.values()),
        )

    def _counts(self, column: Column) -> bool:
        return name_of(self._dialect) in OF_MYSQL and column.generated is Generated.BY_DEFAULT

    def _column(self, table: str, found: Any, primary: Sequence[str]) -> Column:
        computed, identity = found.get("computed"), found.get("identity")
        if computed:
            generated = Generated.STORED if computed.get("persisted") else Generated.VIRTUAL
        elif identity:
            generated = Generated.ALWAYS if identity.get("always") else Generated.BY_DEFAULT
        else:
            numbered = found.get("autoincrement") is True
            generated = Generated.BY_DEFAULT if numbered else Generated.NO
        try:
            shown = found["type"].compile(dialect=self._dialect)
        except Exception:  # noqa: BLE001 - a type that its dialect cannot write is one of no known kind
            shown = type(found["type"]).__name__
        never_null = not found["nullable"] or (len(primary) > 0 and found["name"] in primary)
        name = str(found["name"])
        charset, collation = self._facts.collated.get((table, name), ("", ""))
        return Column(
            name=name,
            type=self._type(table, name, column_type(found["type"], shown), charset),
            nullable=not never_null,
            default=found.get("default"),
            generated=generated,
            collation=mysql.collation_of(collation) if collation else getattr(found["type"], "collation", None) or "",
        )

    def _type(self, table: str, name: str, of: ColumnType, charset: str) -> ColumnType:
        if (table, name) in self._facts.documents:
            return ColumnType(TypeKind.JSON, "JSON")
        if charset in mysql.WHOLE or "CHARACTER SET" in of.native:
            return of
        return replace(of, native=f"{of.native} CHARACTER SET {charset}")

    def _foreign_key(self, found: Any) -> ForeignKey:
        options = found.get("options") or {}
        actions = " ".join(
            f"ON {event} {options[name]}"
            for event, name in (("DELETE", "ondelete"), ("UPDATE", "onupdate"))
            if options.get(name) in ("CASCADE", "SET NULL", "SET DEFAULT")
        )
        columns = tuple(found["constrained_columns"])
        name = str(found["name"] or f"{'_'.join(columns)}_fkey")
        other = _name(found.get("referred_schema") or self._schema, found["referred_table"])
        return ForeignKey(
            name, columns, other, tuple(found["referred_columns"]), bool(options.get("deferrable")), actions
        )

    def _checks(self, plain: str) -> Iterable[str]:
        try:
            return [str(each["name"] or "check") for each in self._inspector.get_check_constraints(plain, self._schema)]
        except NotImplementedError:
            return []


def _index(found: Mapping[str, Any]) -> Index:
    columns = tuple(found["column_names"])
    plain = None not in columns and not found.get("column_sorting") and not found.get("dialect_options")
    return Index(str(found["name"]), columns if plain else (), bool(found["unique"]))


def _keys(plain: str, primary: Sequence[str], indexes: Iterable[Index], nullable: set[str]) -> Iterable[Key]:
    if primary:
        yield Key(f"{plain}_pkey", tuple(primary), primary=True)
    for index in indexes:
        if index.unique and index.columns and not set(index.columns) & nullable:
            yield Key(index.name, index.columns)
