"""Ranges, digests and rows of a table through SQLAlchemy. Texts and digests are made here, of the rows as they come."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select

from migrations_app.stores.tables.alchemy.abilities import abilities_of, name_of
from migrations_app.stores.tables.alchemy.bytewise import end_of, holds, in_order
from migrations_app.stores.tables.alchemy.connection import AlchemyConnected
from migrations_app.stores.tables.alchemy.expressions import Element, Words
from migrations_app.stores.tables.base import Carried, ChunkDigest, Row, Side
from migrations_app.stores.tables.configuration import OF_MYSQL
from migrations_app.stores.tables.digesting import digest_of, row_digest
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, KeyValue, Selection

PAGE = 1000
LEAST_IN_A_PART = 1000  # rows
KEYS_AT_ONCE = 100


class AlchemyReading(AlchemyConnected):
    def end_of_chunk(
        self, selection: Selection, within: KeyRange, *, side: Side, rows: int, size: int
    ) -> KeyValue | None:
        with self._errors():
            words = self._words(selection, side)
            if not words.key:
                one = words.chosen([sa.literal_column("1")], within).limit(1)
                return () if self._open().execute(one).first() else None
            wanted = max(1, min(rows, size // self._width(selection, side)))
            if selection.bytewise:
                return end_of(self._keys(words, within), wanted)
            key = words.chosen(words.keys(), within)
            found = self._open().execute(words.ordered(key).limit(1).offset(wanted - 1)).first()
            if found is None:
                found = self._open().execute(words.ordered(key, backwards=True).limit(1)).first()
            return words.key_text(found) if found is not None else None

    def split(self, selection: Selection, parts: int) -> tuple[KeyRange, ...]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            rows = self.count(selection, EVERYTHING, side=Side.SOURCE) if words.key and parts > 1 else 0
            parts = min(parts, rows // LEAST_IN_A_PART)
            if parts < 2:
                return (EVERYTHING,)
            key = words.ordered(words.chosen(words.keys(), EVERYTHING)).limit(1)
            places = [rows * number // parts - 1 for number in range(1, parts)]
            found = [self._open().execute(key.offset(place)).first() for place in places]
            ends = [words.key_text(each) for each in found if each is not None]
        bounds: list[KeyValue | None] = [None, *dict.fromkeys(ends), None]
        return tuple(KeyRange(after, upto) for after, upto in pairwise(bounds))

    def count(self, selection: Selection, within: KeyRange, *, side: Side) -> int:
        with self._errors():
            words = self._words(selection, side)
            if selection.bytewise and within != EVERYTHING:
                return sum(1 for _ in self._keys(words, within))
            return int(self._open().execute(words.chosen([sa.func.count()], within)).scalar_one())

    def digest(self, selection: Selection, within: KeyRange, *, side: Side) -> ChunkDigest:
        with self._errors():
            return digest_of(texts for _, texts in self._texts(selection, within, side))

    def row_digests(self, selection: Selection, within: KeyRange, *, side: Side) -> Iterator[tuple[KeyValue, str]]:
        """Of a table without a key in the order of the digests, each with an empty key; they are all in memory then."""
        with self._errors():
            if not selection.key:
                yield from sorted(((), row_digest(texts)) for _, texts in self._texts(selection, within, side))
                return
            found = ((key, row_digest(texts)) for key, texts in self._texts(selection, within, side, ordered=True))
            yield from in_order(found) if selection.bytewise else found

    def rows(self, selection: Selection, keys: Sequence[KeyValue], *, side: Side) -> list[Row]:
        """By their own texts: what the database merely takes for the same key is another row."""
        if not selection.key:
            return []
        names = [one.target for one in selection.columns]
        found = []
        with self._errors():
            words = self._words(selection, side)
            texts, width, wanted = words.texts(), len(words.key), set(keys)
            for start in range(0, len(keys), KEYS_AT_ONCE):
                some = sa.or_(*[words.one(key) for key in keys[start : start + KEYS_AT_ONCE]])
                for row in self._open().execute(words.chosen([*words.keys(), *words.columns()], EVERYTHING, some)):
                    key = words.key_text(row[:width])
                    if key in wanted:
                        shown = [text(value) for text, value in zip(texts, row[width:], strict=True)]
                        found.append(Row(key, dict(zip(names, shown, strict=True))))
        return found

    def carried(self, selection: Selection, within: KeyRange) -> Iterator[tuple[Carried, ...]]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            carriers = words.carriers()
            with closing(self._streamed(words.ordered(words.chosen(words.columns(), within)))) as rows:
                for row in rows:
                    yield tuple([carry(value) for carry, value in zip(carriers, row, strict=True)])

    def _texts(
        self, selection: Selection, within: KeyRange, side: Side, *, ordered: bool = False
    ) -> Iterator[tuple[KeyValue, list[str | None]]]:
        words = self._words(selection, side)
        texts, width = words.texts(), len(words.key)
        by_bytes = selection.bytewise and within != EVERYTHING
        keyed: list[Element] = words.keys() if ordered or by_bytes else []
        width = len(keyed)
        statement = words.chosen([*keyed, *words.columns()], within)
        if ordered and not selection.bytewise:
            statement = words.ordered(statement)
        with closing(self._streamed(statement)) as rows:
            for row in rows:
                key = words.key_text(row[:width]) if width else ()
                if not by_bytes or holds(within, key):
                    yield key, [text(value) for text, value in zip(texts, row[width:], strict=True)]

    def _keys(self, words: Words, within: KeyRange) -> Iterator[KeyValue]:
        """Of a range by bytes: each row of the table is looked at."""
        with closing(self._streamed(words.chosen(words.keys(), EVERYTHING))) as rows:
            yield from (key for key in map(words.key_text, rows) if holds(within, key))

    def _words(self, selection: Selection, side: Side) -> Words:
        name = name_of(self._open().dialect)
        return Words(
            selection,
            side,
            self.table(selection.source if side is Side.SOURCE else selection.target),
            in_schema=bool(self._config.schemas),
            able=abilities_of(name),
            of_mysql=name in OF_MYSQL,
        )

    def _streamed(self, statement: "Select[Any]") -> Generator[Any, None, None]:
        """A page at a time. What is left when nobody wants more is read and dropped, so that others can ask again."""
        options = {"stream_results": True, "max_row_buffer": PAGE}
        result = self._stream().execute(statement, execution_options=options)
        try:
            while page := result.fetchmany(PAGE):
                yield from page
        finally:
            result.close()

    def _width(self, selection: Selection, side: Side) -> int:
        """Bytes of a row, about."""
        table = self.table(selection.source if side is Side.SOURCE else selection.target)
        return max(1, table.bytes // table.rows) if table.rows > 0 and table.bytes > 0 else 100
