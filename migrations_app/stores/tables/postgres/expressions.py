"""A selection's columns, transforms, filters and key ranges as PostgreSQL's SQL.

COPY takes no parameters, so values are written into the statement as literals that libpq has quoted (`Words`).
"""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import string
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.postgres.canonical import text_of, value_of
from migrations_app.stores.tables.schema import ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import (
    AS_TEXT,
    Condition,
    KeyRange,
    KeyValue,
    Mapped,
    Operator,
    Selection,
    Transform,
    TransformKind,
)

INSTANT = ColumnType(TypeKind.INSTANT, "timestamp with time zone", precision=6)
NUMBER = ColumnType(TypeKind.DECIMAL, "numeric")
_TESTS = {one: one.value for one in Operator if one not in (Operator.IS_NULL, Operator.NOT_NULL, Operator.ONE_OF)}


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL, and the type of what it gives."""

    sql: str
    type: ColumnType


class Words:
    """One selection of one side, in the words of this connection's server."""

    def __init__(self, connection: Connection, selection: Selection, side: Side, table: Table) -> None:
        self._connection = connection
        self._selection = selection
        self._side = side
        self._held = table
        self._utf8 = connection.info.parameter_status("server_encoding") == "UTF8"
        source = side is Side.SOURCE
        self.table = f"{table_name(selection.source if source else selection.target)} AS moved"
        self.key = tuple(self._column(name) for name in (selection.key if source else selection.target_key))
        self.key_types = tuple(self._mapped(name).type for name in selection.target_key)

    def literal(self, text: str) -> str:
        if "\0" in text:
            raise ValidationFailed("A constant or a filter holds a NUL, which PostgreSQL's text cannot hold.")
        return sql.Literal(text).as_string(self._connection)

    def literals(self, texts: Sequence[str | None]) -> str:
        return f"{sql.Literal(list(texts)).as_string(self._connection)}::text[]"

    def given(self, keys: Sequence[KeyValue]) -> str:
        """SQL that is true of the rows with one of these keys."""
        names = [f"given{number}" for number in range(len(self.key))]
        values = [value_of(name, part.type) for name, part in zip(names, self.key, strict=True)]
        arrays = ", ".join(self.literals(column) for column in zip(*keys, strict=True))
        mine = ", ".join(part.sql for part in self.key)
        return f"({mine}) IN (SELECT {', '.join(values)} FROM unnest({arrays}) AS given ({', '.join(names)}))"

    def values(self) -> list[Expression]:
        """What each mapped column's value becomes, in the order of the selection."""
        return [self.value(mapped) for mapped in self._selection.columns]

    def value(self, mapped: Mapped) -> Expression:
        if self._side is Side.TARGET:
            return self._column(mapped.target)
        value = self._column(mapped.source) if mapped.source is not None else Expression("NULL::text", AS_TEXT)
        for transform in mapped.transforms:
            value = self._transformed(value, transform)
        return value

    def texts(self) -> list[str]:
        """The canonical text of each mapped column."""
        return [text_of(self.value(one).sql, self.value(one).type, one.type) for one in self._selection.columns]

    def key_texts(self) -> list[str]:
        return [text_of(part.sql, part.type, wanted) for part, wanted in zip(self.key, self.key_types, strict=True)]

    def row_text(self) -> str:
        """One text that no other row has: each column's length in bytes and canonical text, or `-` for null."""
        parts = []
        for text in self.texts():
            encoded = text if self._utf8 else f"convert_to({text}, 'UTF8')"
            parts.append(f"coalesce(octet_length({encoded}) || ':' || {text}, '-')")
        return " || ".join(parts) or "''"

    def row_digest(self) -> str:
        text = self.row_text()
        return f"md5({text})" if self._utf8 else f"md5(convert_to({text}, 'UTF8'))"

    def order(self, direction: str = "") -> str:
        """An ORDER BY, or nothing for a table without a key."""
        parts = [f"{part}{direction}" for part in self._compared()]
        return f" ORDER BY {', '.join(parts)}" if parts else ""

    def where(self, within: KeyRange) -> str:
        tests = [self._condition(one) for one in self._selection.where] if self._side is Side.SOURCE else []
        for operator, bound in ((">", within.after), ("<=", within.upto)):
            if bound:
                tests.append(f"({', '.join(self._compared())}) {operator} ({', '.join(self._bound(bound))})")
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _compared(self) -> list[str]:
        if not self._selection.bytewise:
            return [part.sql for part in self.key]
        return [self._bytes(text) for text in self.key_texts()]

    def _bound(self, key: KeyValue) -> list[str]:
        if self._selection.bytewise:
            return [self._bytes(self.literal(text)) for text in key]
        return [value_of(self.literal(text), part.type) for text, part in zip(key, self.key, strict=True)]

    def _bytes(self, text: str) -> str:
        return f'({text}) COLLATE "C"' if self._utf8 else f"convert_to({text}, 'UTF8')"

    def _column(self, name: str) -> Expression:
        found = self._held.column(name)
        if found is None:
            message = f"The table “{self._held.name}” has no column “{name}”."
            fix = "Correct the mapping, or plan again."
            raise ValidationFailed(message, problems=[Problem("tables", message, fix, "missing")])
        # Named with its table: ORDER BY takes a bare name for a column of the result, which is another thing.
        return Expression(f"moved.{quoted(name)}", found.type)

    def _mapped(self, target: str) -> Mapped:
        return next(one for one in self._selection.columns if one.target == target)

    def _condition(self, condition: Condition) -> str:
        column = self._column(condition.column)
        if condition.operator is Operator.IS_NULL:
            return f"{column.sql} IS NULL"
        if condition.operator is Operator.NOT_NULL:
            return f"{column.sql} IS NOT NULL"
        values = [value_of(self.literal(text), column.type) for text in condition.values]
        # Text by its bytes, as everywhere: an order of its own would choose other rows in another database.
        compared = f'{column.sql} COLLATE "C"' if column.type.kind is TypeKind.TEXT else column.sql
        if condition.operator is Operator.ONE_OF:
            return f"{compared} IN ({', '.join(values)})" if values else "false"
        return f"{compared} {_TESTS[condition.operator]} {values[0]}"

    def _transformed(self, value: Expression, transform: Transform) -> Expression:
        plain = value.type.kind is TypeKind.TEXT
        text = f"({value.sql})::text" if plain else text_of(value.sql, value.type, value.type)
        given = transform.text
        match transform.kind:
            case TransformKind.CONSTANT:
                return Expression(f"{self.literal(given)}::text", AS_TEXT)
            case TransformKind.IF_NULL:
                return Expression(f"coalesce({value.sql}, {value_of(self.literal(given), value.type)})", value.type)
            case TransformKind.NULL_IF:
                same = f'{text} COLLATE "C" = {self.literal(given)}'
                return Expression(f"CASE WHEN {same} THEN NULL ELSE {value.sql} END", value.type)
            case TransformKind.TRIM:
                return Expression(f"btrim({text}, ' ')", AS_TEXT)
            case TransformKind.LOWER:
                return Expression(_translated(text, string.ascii_uppercase, string.ascii_lowercase), AS_TEXT)
            case TransformKind.UPPER:
                return Expression(_translated(text, string.ascii_lowercase, string.ascii_uppercase), AS_TEXT)
            case TransformKind.CUT:
                return Expression(f"left({text}, {int(given)})", AS_TEXT)
            case TransformKind.REMOVE_NUL:
                return value
            case _:
                return _of_number_or_time(value, transform)


def _of_number_or_time(value: Expression, transform: Transform) -> Expression:
    # By way of its text a float keeps all of its digits; a cast to numeric would cut it to 15.
    number = f"({value.sql})::numeric" if value.type.kind is TypeKind.INTEGER else f"({value.sql})::text::numeric"
    match transform.kind:
        case TransformKind.ROUND:
            return Expression(f"round({number}, {int(transform.text)})", NUMBER)
        case TransformKind.TIME_ZONE:
            return Expression(f"(({value.sql})::timestamp AT TIME ZONE {_offset(transform.text)})", INSTANT)
        case TransformKind.EPOCH_MILLISECONDS:
            number = f"({number} / 1000)"
    # Whole seconds and microseconds apart: both are exact in the doubles that PostgreSQL counts with.
    fraction = f"(({number} - floor({number})) * 1000000)::bigint * interval '1 microsecond'"
    return Expression(f"(to_timestamp(floor({number})::double precision) + {fraction})", INSTANT)


def _offset(zone: str) -> str:
    """As an interval, whose sign is that of ISO 8601; PostgreSQL reads a zone named `+02` the other way round."""
    if zone.upper() in ("UTC", "Z"):
        return "'UTC'"
    sign, digits = zone[:1], zone[1:].replace(":", "")
    if sign not in "+-" or not digits.isascii() or not digits.isdigit() or len(digits) not in (2, 4):
        message = f"“{zone[:20]}” is no time zone that all databases know alike."
        raise ValidationFailed(message, problems=[Problem("tables", message, "Write UTC or an offset as +02:00.")])
    return f"interval '{sign}{digits[:2]}:{digits[2:] or '00'}'"


def _translated(text: str, old: str, new: str) -> str:
    return f"translate({text}, '{old}', '{new}')"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def table_name(name: str) -> str:
    """`schema.table` of a catalogue as SQL."""
    schema, _, table = name.partition(".")
    return f"{quoted(schema)}.{quoted(table)}"


def listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
