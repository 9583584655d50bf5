"""Rows of a SQLite table that a target will not take. Every value is read for itself: nothing else says what it is.

What is surely fine is left out by SQL, so that of most tables few rows come here.
"""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Iterator, Sequence

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.schema import Catalogue, TypeKind
from migrations_app.stores.tables.selection import EVERYTHING, KeyValue, Mapped, Selection
from migrations_app.stores.tables.sqlite.expressions import listed, quoted
from migrations_app.stores.tables.sqlite.reading import SQLiteReading
from migrations_app.stores.tables.traps import (
    MOST_KEYS,
    Code,
    Demand,
    Trap,
    bounds,
    demands,
    folded_keys,
    found,
    why_not,
)

_CLASSES = {TypeKind.INTEGER: "integer", TypeKind.FLOAT: "real", TypeKind.BYTES: "blob", TypeKind.TEXT: "text"}


class SQLiteTrapping(SQLiteReading):
    def traps(self, selection: Selection, target: Catalogue | None) -> list[Trap]:
        with self._errors():
            return [*self._of_values(selection, target), *self._duplicates(selection, target)]

    def _of_values(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        asked = demands(selection, target)
        tests = [_doubtful(mapped, demand) for mapped, demand in zip(selection.columns, asked, strict=True)]
        if not any(tests):
            return
        words = self._words(selection, Side.SOURCE)
        where, values = words.where(EVERYTHING)
        doubt = f"({' OR '.join(test for test in tests if test)})"
        columns = [*words.columns(), *map(quoted, words.key)]
        query = f"SELECT {', '.join(columns)} FROM {words.table}{where}{' AND ' if where else ' WHERE '}{doubt}"
        readers, count = words.texts(), len(selection.columns)
        rows: dict[tuple[int, Code], int] = {}
        keys: dict[tuple[int, Code], list[KeyValue]] = {}
        for row in self._open().execute(query, values):
            for number, (read, demand) in enumerate(zip(readers, asked, strict=True)):
                code = why_not(demand, read(row[number]))
                if code is not None:
                    rows[number, code] = rows.get((number, code), 0) + 1
                    mine = keys.setdefault((number, code), [])
                    if words.key and len(mine) < MOST_KEYS:
                        mine.append(words.key_text(row[count:]))
        for (number, code), counted in sorted(rows.items()):
            demand = asked[number]
            yield found(selection, demand.column, code, demand.type.native, counted, keys[number, code])

    def _duplicates(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        words = self._words(selection, Side.SOURCE)
        where, values = words.where(EVERYTHING)
        for name, columns, folds in folded_keys(selection, target):
            order = f" COLLATE {folds}" if folds in ("NOCASE", "RTRIM") else " COLLATE NOCASE" if folds else ""
            among = [f"{quoted(column)}{order}" for column in columns]
            present = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
            counted = (
                f"SELECT coalesce(sum(alike), 0) FROM (SELECT count(*) AS alike FROM {words.table}{where}"
                f"{' AND ' if where else ' WHERE '}{present} GROUP BY {', '.join(among)} HAVING count(*) > 1)"
            )
            rows = int(self._open().execute(counted, values).fetchone()[0])
            if rows:
                yield found(selection, listed(columns), Code.DUPLICATE, f"the key “{name}”", rows, ())


def _doubtful(mapped: Mapped, demand: Demand) -> str:
    """SQL that is true of each row that has to be read; '' where no row has to be."""
    if mapped.source is None:
        return ""
    column = quoted(mapped.source)
    if mapped.transforms:
        return "1"
    tests = [] if demand.nullable else [f"{column} IS NULL"]
    if demand.exact:
        tests += _doubtful_values(column, demand)
    return " OR ".join(tests)


def _doubtful_values(column: str, demand: Demand) -> Sequence[str]:
    kind, wanted = demand.type.kind, demand.type
    if kind is TypeKind.ANY:
        return []
    held = _CLASSES.get(kind)
    limited = wanted.bits == 32 if kind is TypeKind.FLOAT else False
    if held is None or limited:
        return [f"{column} IS NOT NULL"]
    tests = [f"typeof({column}) NOT IN ('{held}', 'null')"]
    if kind is TypeKind.INTEGER and (wanted.bits not in (None, 64) or wanted.unsigned):
        least, most = bounds(wanted)
        tests.append(f"{column} NOT BETWEEN {least} AND {most}")
    if kind is TypeKind.TEXT:
        # A character that is not ASCII may be a byte that is no UTF-8, which only reading it tells.
        tests += [f"instr({column}, char(0)) > 0", f"{column} GLOB '*[^' || char(1) || '-' || char(127) || ']*'"]
        tests += [f"length({column}) > {wanted.length}"] if wanted.length is not None else []
    return tests
