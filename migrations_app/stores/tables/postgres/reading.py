"""Ranges, digests and rows of PostgreSQL's tables, all computed in the database."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from psycopg import errors

from migrations_app.stores.tables.base import Carried, ChunkDigest, Row, Side
from migrations_app.stores.tables.postgres.canonical import text_of, value_of
from migrations_app.stores.tables.postgres.connection import PostgresConnected
from migrations_app.stores.tables.postgres.expressions import Expression, Words
from migrations_app.stores.tables.postgres.reasons import reason_of
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import AS_TEXT, EVERYTHING, KeyRange, KeyValue, Selection

PAGE = 2000
LEAST_IN_A_PART = 1000  # rows
SAMPLE = 20_000
MODULUS = 2**128
# Types whose binary form is the same on every server; the form of others holds numbers of their own server.
_BINARY = frozenset(
    (
        *("smallint", "integer", "bigint", "real", "double precision", "numeric", "boolean", "text", "bytea", "uuid"),
        *("json", "jsonb", "character", "date", "interval", "time without time zone"),
        *("timestamp without time zone", "timestamp with time zone"),
    )
)
_AS_THEY_ARE = (TypeKind.INTEGER, TypeKind.TEXT, TypeKind.OTHER, TypeKind.BYTES)


class PostgresReading(PostgresConnected):
    def end_of_chunk(
        self, selection: Selection, within: KeyRange, *, side: Side, rows: int, size: int
    ) -> KeyValue | None:
        with self._errors():
            words = self._words(selection, side)
            among = f"FROM {words.table}{words.where(within)}"
            if not words.key:
                found = self._open().execute(f"SELECT {among} LIMIT 1").fetchone()
                return None if found is None else ()
            key = ", ".join(words.key_texts())
            skipped = max(1, min(rows, size // self._width(selection, side))) - 1
            found = self._open().execute(f"SELECT {key} {among}{words.order()} LIMIT 1 OFFSET {skipped}").fetchone()
            if found is None:
                found = self._open().execute(f"SELECT {key} {among}{words.order(' DESC')} LIMIT 1").fetchone()
            return found

    def split(self, selection: Selection, parts: int) -> tuple[KeyRange, ...]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            if not words.key or parts < 2:
                return (EVERYTHING,)
            ends = self._ends_by_sample(words, parts, self.table(selection.source).rows)
            if ends is None:
                ends = self._ends_by_count(words, parts)
        bounds: list[KeyValue | None] = [None, *dict.fromkeys(ends), None]
        return tuple(KeyRange(after, upto) for after, upto in pairwise(bounds))

    def count(self, selection: Selection, within: KeyRange, *, side: Side) -> int:
        with self._errors():
            words = self._words(selection, side)
            return int(self._one(f"SELECT count(*) FROM {words.table}{words.where(within)}")[0])

    def digest(self, selection: Selection, within: KeyRange, *, side: Side) -> ChunkDigest:
        with self._errors():
            words = self._words(selection, side)
            # OFFSET 0: each row's digest is made once and used twice. PostgreSQL's bigint has a sign, hence `below`.
            rows, high, low, below = self._one(
                "SELECT count(*), coalesce(sum(high), 0), coalesce(sum(low), 0), count(*) FILTER (WHERE low < 0) "
                "FROM (SELECT ('x' || left(digest, 16))::bit(64)::bigint AS high, "
                "('x' || right(digest, 16))::bit(64)::bigint AS low "
                f"FROM (SELECT {words.row_digest()} AS digest FROM {words.table}{words.where(within)} OFFSET 0) AS d"
                ") AS halves"
            )
        return ChunkDigest(rows, f"{((int(high) + below) * 2**64 + int(low)) % MODULUS:032x}")

    def row_digests(self, selection: Selection, within: KeyRange, *, side: Side) -> Iterator[tuple[KeyValue, str]]:
        """Of a table without a key in the order of the digests, each with an empty key."""
        with self._errors():
            words = self._words(selection, side)
            columns = ", ".join([words.row_digest(), *words.key_texts()])
            order = words.order() or " ORDER BY 1"
            for digest, *key in self._stream(f"SELECT {columns} FROM {words.table}{words.where(within)}{order}"):
                yield tuple(key), digest

    def rows(self, selection: Selection, keys: Sequence[KeyValue], *, side: Side) -> list[Row]:
        if not keys or not selection.key:
            return []
        with self._errors():
            words = self._words(selection, side)
            there = words.where(EVERYTHING)
            statement = (
                f"SELECT {', '.join([*words.key_texts(), *words.texts()])} FROM {words.table}"
                f"{f'{there} AND' if there else ' WHERE'} {words.given(keys)}"
            )
            found = self._open().execute(statement.encode()).fetchall()
        names = [one.target for one in selection.columns]
        width = len(words.key)
        return [Row(one[:width], dict(zip(names, one[width:], strict=True))) for one in found]

    def carried(self, selection: Selection, within: KeyRange) -> Iterator[tuple[Carried, ...]]:
        with self._errors(), _refusals():
            words = self._words(selection, Side.SOURCE)
            columns = [
                _as_carried(value, one.type) for value, one in zip(words.values(), selection.columns, strict=True)
            ]
            yield from self._stream(
                f"SELECT {', '.join(columns)} FROM {words.table}{words.where(within)}{words.order()}"
            )

    def blocks(self, selection: Selection, within: KeyRange) -> tuple[bool, Iterator[bytes]]:
        words = self._words(selection, Side.SOURCE)
        pairs = list(zip(words.values(), [one.type for one in selection.columns], strict=True))
        binary = all(_wire(value.type) in _BINARY and _same_wire(value.type, wanted) for value, wanted in pairs)
        columns = ", ".join(_as_copied(value, wanted) for value, wanted in pairs)
        query = f"SELECT {columns} FROM {words.table}{words.where(within)}{words.order()}"
        return binary, self._copy_out(f"COPY ({query}) TO STDOUT (FORMAT {'binary' if binary else 'text'})")

    def _copy_out(self, statement: str) -> Iterator[bytes]:
        with self._errors(), _refusals(), self._open().cursor().copy(statement.encode()) as copy:
            for block in copy:
                yield bytes(block)

    def _stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        connection = self._open()
        with connection.transaction(), connection.cursor("snakeweb_rows", binary=True) as cursor:
            cursor.execute(query.encode())
            while found := cursor.fetchmany(PAGE):
                yield from found

    def _words(self, selection: Selection, side: Side) -> Words:
        name = selection.source if side is Side.SOURCE else selection.target
        return Words(self._open(), selection, side, self.table(name))

    def _width(self, selection: Selection, side: Side) -> int:
        """Bytes of a row, about."""
        table = self.table(selection.source if side is Side.SOURCE else selection.target)
        return max(1, table.bytes // table.rows) if table.rows > 0 else 100

    def _ends_by_sample(self, words: Words, parts: int, rows: int) -> list[KeyValue] | None:
        """Of some pages of the table; None where they are too few to tell."""
        if rows < 5 * SAMPLE:
            return None
        sampled = f"{words.table} TABLESAMPLE SYSTEM ({100 * SAMPLE / rows:.6f})"
        found = (
            self._open()
            .execute(f"SELECT {', '.join(words.key_texts())} FROM {sampled}{words.where(EVERYTHING)}{words.order()}")
            .fetchall()
        )
        if len(found) < 100 * parts:
            return None
        return [found[len(found) * number // parts] for number in range(1, parts)]

    def _ends_by_count(self, words: Words, parts: int) -> list[KeyValue]:
        among = f"FROM {words.table}{words.where(EVERYTHING)}"
        rows = int(self._one(f"SELECT count(*) {among}")[0])
        parts = min(parts, rows // LEAST_IN_A_PART)
        if parts < 2:
            return []
        ends = [rows * number // parts for number in range(1, parts)]
        key = ", ".join(f"{text} AS key{number}" for number, text in enumerate(words.key_texts()))
        names = ", ".join(f"key{number}" for number in range(len(words.key)))
        order = words.order().strip()
        return (
            self._open()
            .execute(
                f"SELECT {names} FROM (SELECT {key}, row_number() OVER ({order}) AS place {among}) AS placed "
                "WHERE place = ANY(%s) ORDER BY place",
                [ends],
            )
            .fetchall()
        )

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self._open().execute(query.encode()).fetchone()
        if row is None:
            raise LookupError(query)
        return row


@contextmanager
def _refusals() -> Iterator[None]:
    """A value that a transform cannot work with is a matter of its row."""
    try:
        yield
    except errors.DataError as error:
        raise Refused(f"It cannot be read as it is wanted: {reason_of(error)}") from None


def _as_carried(value: Expression, wanted: ColumnType) -> str:
    if value.type.kind is wanted.kind and wanted.kind in _AS_THEY_ARE:
        return {
            TypeKind.INTEGER: f"({value.sql})::bigint",
            TypeKind.TEXT: f"({value.sql})::text",
            TypeKind.OTHER: f"({value.sql})::text",
            TypeKind.BYTES: value.sql,
        }[wanted.kind]
    if value.type.kind is wanted.kind is TypeKind.FLOAT and value.type.bits == 64:
        return value.sql
    return text_of(value.sql, value.type, wanted)


def _as_copied(value: Expression, wanted: ColumnType) -> str:
    if _same_wire(value.type, wanted):
        return f"({value.sql})::{_base(wanted)}" if _wire(value.type) != _wire(wanted) else value.sql
    text = text_of(value.sql, value.type, wanted)
    if wanted.kind in (TypeKind.TEXT, TypeKind.OTHER):
        return value_of(text, AS_TEXT)
    return value_of(text, wanted) if wanted.kind is TypeKind.BYTES else text


def _same_wire(held: ColumnType, wanted: ColumnType) -> bool:
    """Whether the target's column takes what COPY makes of this one, or of a cast that loses nothing."""
    widened = held.kind is TypeKind.INTEGER and wanted.kind in (TypeKind.INTEGER, TypeKind.DECIMAL)
    return _wire(held) == _wire(wanted) or (widened and _wire(wanted) in _BINARY)


def _wire(of: ColumnType) -> str:
    base = _base(of)
    return "text" if base == "character varying" else base


def _base(of: ColumnType) -> str:
    """The type without its length or precision."""
    return re.sub(r"\s*\([^)]*\)", "", of.native).strip()
