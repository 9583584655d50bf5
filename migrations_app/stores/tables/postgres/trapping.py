"""Rows of a PostgreSQL table that a target will not take, counted in the database by what its own types allow."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Iterator

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.postgres.canonical import text_of
from migrations_app.stores.tables.postgres.expressions import Expression, Words, listed, quoted
from migrations_app.stores.tables.postgres.reading import PostgresReading
from migrations_app.stores.tables.schema import Catalogue, Table, TypeKind
from migrations_app.stores.tables.selection import EVERYTHING, KeyValue, Mapped, Selection
from migrations_app.stores.tables.traps import (
    MOST_KEYS,
    Code,
    Demand,
    Trap,
    bounds,
    demands,
    folded_keys,
    found,
    last_character,
)

_CLOCKS = {
    TypeKind.TIME: "time({})",
    TypeKind.TIMESTAMP: "timestamp({})",
    TypeKind.INSTANT: "timestamptz({})",
}
_MARKED = {
    (TypeKind.INTEGER, TypeKind.BOOLEAN),
    (TypeKind.INTEGER, TypeKind.FLOAT),
    (TypeKind.DECIMAL, TypeKind.INTEGER),
    (TypeKind.FLOAT, TypeKind.INTEGER),
    (TypeKind.JSON, TypeKind.JSON),
}


class PostgresTrapping(PostgresReading):
    def traps(self, selection: Selection, target: Catalogue | None) -> list[Trap]:
        with self._errors():
            return [*self._of_values(selection, target), *self._duplicates(selection, target)]

    def _of_values(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        words = self._words(selection, Side.SOURCE)
        held = self.table(selection.source)
        doubts = [
            (demand, code, test)
            for mapped, demand in zip(selection.columns, demands(selection, target), strict=True)
            for code, test in _tests(mapped, words.value(mapped), demand, held)
        ]
        if not doubts:
            return
        where = words.where(EVERYTHING)
        counted = ", ".join(f"count(*) FILTER (WHERE {test})" for _, _, test in doubts)
        rows = self._one(f"SELECT {counted} FROM {words.table}{where}")
        for (demand, code, test), count in zip(doubts, rows, strict=True):
            if count:
                keys = self._keys(words, where, test)
                yield found(selection, demand.column, code, demand.type.native, int(count), keys)

    def _keys(self, words: Words, where: str, test: str) -> list[KeyValue]:
        if not words.key:
            return []
        query = (
            f"SELECT {', '.join(words.key_texts())} FROM {words.table}{where}{' AND ' if where else ' WHERE '}({test})"
        )
        return [tuple(row) for row in self._open().execute(f"{query} LIMIT {MOST_KEYS}")]

    def _duplicates(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        words = self._words(selection, Side.SOURCE)
        where = words.where(EVERYTHING)
        for name, columns, folds in folded_keys(selection, target):
            # Case is what such collations mostly fold; what else they do is found when the rows arrive.
            among = [
                f"{'rtrim' if folds == 'RTRIM' else 'lower'}(moved.{quoted(column)}::text)"
                if folds
                else f"moved.{quoted(column)}"
                for column in columns
            ]
            present = " AND ".join(f"moved.{quoted(column)} IS NOT NULL" for column in columns)
            (rows,) = self._one(
                f"SELECT coalesce(sum(alike), 0) FROM (SELECT count(*) AS alike FROM {words.table}{where}"
                f"{' AND ' if where else ' WHERE '}{present} GROUP BY {', '.join(among)} HAVING count(*) > 1) AS d"
            )
            if rows:
                yield found(selection, listed(columns), Code.DUPLICATE, f"the key “{name}”", int(rows), ())


def _tests(mapped: Mapped, value: Expression, demand: Demand, table: Table) -> Iterator[tuple[Code, str]]:
    """SQL that is true of a row that is not taken. What the source's own type rules out is not asked."""
    sql, wanted = f"({value.sql})", demand.type
    column = table.column(mapped.source) if mapped.source is not None else None
    if not demand.nullable and (column is None or column.nullable or mapped.transforms):
        yield Code.NULL, f"{sql} IS NULL"
    if (value.type.kind, wanted.kind) in _MARKED and value.type.native != wanted.native:
        yield Code.NO_VALUE, rf"starts_with({text_of(value.sql, value.type, wanted)}, '\!')"
    if not demand.exact or value.type.kind is not wanted.kind:
        return
    last = last_character(wanted) if wanted.kind is TypeKind.TEXT else None
    if last is not None:
        yield Code.NO_CHARACTER, rf"{sql}::text ~ '[\U{last + 1:08x}-\U0010ffff]'"
    match wanted.kind:
        case TypeKind.TEXT if wanted.length is not None and _less(wanted.length, value.type.length):
            yield Code.TOO_LONG, f"char_length({sql}::text) > {wanted.length}"
        case TypeKind.INTEGER if wanted.bits and (wanted.unsigned or _less(wanted.bits, value.type.bits)):
            least, most = bounds(wanted)
            yield Code.OUT_OF_RANGE, f"{sql} NOT BETWEEN {least} AND {most}"
        case TypeKind.DECIMAL if wanted.precision is not None:
            yield from _digits(sql, wanted.precision, wanted.scale or 0)
        case TypeKind.FLOAT if wanted.bits == 32 and value.type.bits != 32:
            yield Code.OUT_OF_RANGE, f"abs({sql}) > 3.4028235e38 AND abs({sql}) < 'Infinity'"
            # A cast of what is too small or too great is an error, so it is not made.
            yield (
                Code.TOO_PRECISE,
                (
                    f"CASE WHEN abs({sql}) BETWEEN 1e-37 AND 3.4028234e38 THEN {sql}::real::float8 <> {sql} "
                    f"ELSE abs({sql}) > 0 AND abs({sql}) < 1e-37 END"
                ),
            )
    clock = _CLOCKS.get(wanted.kind)
    if clock and wanted.precision is not None and _less(wanted.precision, value.type.precision):
        yield Code.TOO_PRECISE, f"{sql} <> {sql}::{clock.format(wanted.precision)}"


def _digits(sql: str, precision: int, scale: int) -> Iterator[tuple[Code, str]]:
    # An infinite one has no digits to round, and no numeric with a limit takes it.
    finite = f"{sql}::text !~ 'I'"
    yield Code.TOO_PRECISE, f"CASE WHEN {finite} THEN {sql} <> round({sql}, {scale}) ELSE false END"
    yield Code.OUT_OF_RANGE, f"abs({sql}) >= 1e{precision - scale}::numeric AND {sql} <> 'NaN'"


def _less(wanted: int, held: int | None) -> bool:
    return held is None or wanted < held
