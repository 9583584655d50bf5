"""Rows of a table that a target will not take, by reading every value for itself: nothing else is sure to say it.

MySQL has days that are none (0000-00-00), truth values beyond 0 and 1, and numbers beyond what others hold.
"""

from collections.abc import Iterator
from contextlib import closing

import sqlalchemy as sa

from migrations_app.stores.tables.alchemy.expressions import Element, Words
from migrations_app.stores.tables.alchemy.reading import AlchemyReading
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.schema import Catalogue, Column, TypeKind
from migrations_app.stores.tables.selection import EVERYTHING, KeyValue, Mapped, Selection
from migrations_app.stores.tables.traps import MOST_KEYS, Code, Demand, Trap, demands, folded_keys, found, why_not

_SURE = (TypeKind.INTEGER, TypeKind.FLOAT, TypeKind.DECIMAL, TypeKind.BYTES)


class AlchemyTrapping(AlchemyReading):
    def traps(self, selection: Selection, target: Catalogue | None) -> list[Trap]:
        with self._errors():
            return [*self._of_values(selection, target), *self._duplicates(selection, target)]

    def _of_values(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        words, held = self._words(selection, Side.SOURCE), self.table(selection.source)
        pairs = list(zip(selection.columns, demands(selection, target), strict=True))
        asked = [
            (place, demand)
            for place, (mapped, demand) in enumerate(pairs)
            if mapped.source is not None and _doubtful(mapped, held.column(mapped.source), demand)
        ]
        if not asked:
            return
        columns, readers = words.columns(), words.texts()
        rows: dict[tuple[int, Code], int] = {}
        keys: dict[tuple[int, Code], list[KeyValue]] = {}
        statement = words.chosen([*[columns[place] for place, _ in asked], *words.keys()], EVERYTHING)
        with closing(self._streamed(statement)) as stream:
            for row in stream:
                for number, (place, demand) in enumerate(asked):
                    code = why_not(demand, readers[place](row[number]))
                    if code is not None:
                        rows[number, code] = rows.get((number, code), 0) + 1
                        mine = keys.setdefault((number, code), [])
                        if words.key and len(mine) < MOST_KEYS:
                            mine.append(words.key_text(row[len(asked) :]))
        for (number, code), counted in sorted(rows.items()):
            demand = asked[number][1]
            yield found(selection, demand.column, code, demand.type.native, counted, keys[number, code])

    def _duplicates(self, selection: Selection, target: Catalogue | None) -> Iterator[Trap]:
        words = self._words(selection, Side.SOURCE)
        for name, columns, folds in folded_keys(selection, target):
            among = [self._grouped(words, column, folds) for column in columns]
            present = [words.table.c[column].is_not(None) for column in columns]
            alike = sa.func.count().label("alike")
            groups = words.chosen([alike], EVERYTHING, *present).group_by(*among).having(sa.func.count() > 1).subquery()
            total = sa.select(sa.func.coalesce(sa.func.sum(groups.c.alike), 0))
            rows = int(self._open().execute(total).scalar_one())
            if rows:
                shown = ", ".join(f"“{column}”" for column in columns)
                yield found(selection, shown, Code.DUPLICATE, f"the key “{name}”", rows, ())

    def _grouped(self, words: Words, name: str, folds: str) -> Element:
        """Case is what such collations mostly fold, beside spaces at the end."""
        column: Element = words.table.c[name]
        if words.type(name).kind is not TypeKind.TEXT:
            return column
        return words.by_bytes(sa.func.rtrim(column) if folds == "RTRIM" else sa.func.lower(column) if folds else column)


def _doubtful(mapped: Mapped, column: Column | None, demand: Demand) -> bool:
    """Whether its values have to be read: what the types on both sides rule out is not asked."""
    if column is None or mapped.transforms:
        return True
    if not demand.nullable and column.nullable:
        return True
    held, wanted = column.type, demand.type
    if not demand.exact or wanted.kind is TypeKind.ANY:
        return False
    if held.kind is not wanted.kind or held.kind not in _SURE:
        return True
    return (held.bits, held.precision, held.scale, held.unsigned) != (
        wanted.bits,
        wanted.precision,
        wanted.scale,
        wanted.unsigned,
    )
