"""Ranges, digests and rows of SQLite's tables. SQLite works in this process, and so do the functions that it lacks."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from migrations_app.stores.tables.base import Carried, ChunkDigest, Row, Side
from migrations_app.stores.tables.canonical import text_factory
from migrations_app.stores.tables.digesting import digest_of, row_digest
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, KeyValue, Selection
from migrations_app.stores.tables.sqlite import copy_text
from migrations_app.stores.tables.sqlite.canonical import register
from migrations_app.stores.tables.sqlite.connection import SQLiteConnected
from migrations_app.stores.tables.sqlite.expressions import BYTES, Words, listed, quoted
from migrations_app.stores.tables.sqlite.page_texts import page_texts

PAGE = 1000
LEAST_IN_A_PART = 1000  # rows


class SQLiteReading(SQLiteConnected):
    def end_of_chunk(
        self, selection: Selection, within: KeyRange, *, side: Side, rows: int, size: int
    ) -> KeyValue | None:
        with self._errors():
            words = self._words(selection, side)
            if not words.key:
                return () if self._found(f"SELECT 1 FROM {words.table}", words, within, " LIMIT 1") else None
            skipped = max(1, min(rows, size // self._width(selection, side))) - 1
            key = f"SELECT {listed(words.key)} FROM {words.table}"
            found = self._found(key, words, within, f"{words.order()} LIMIT 1 OFFSET {skipped}")
            if not found:
                found = self._found(key, words, within, f"{words.order(' DESC')} LIMIT 1")
            return words.key_text(found[0]) if found else None

    def split(self, selection: Selection, parts: int) -> tuple[KeyRange, ...]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            rows = self.count(selection, EVERYTHING, side=Side.SOURCE) if words.key and parts > 1 else 0
            parts = min(parts, rows // LEAST_IN_A_PART)
            if parts < 2:
                return (EVERYTHING,)
            key, step = f"SELECT {listed(words.key)} FROM {words.table}", f"{words.order()} LIMIT 1 OFFSET "
            ends = [
                words.key_text(found[0])
                for number in range(1, parts)
                if (found := self._found(key, words, EVERYTHING, f"{step}{rows * number // parts - 1}"))
            ]
        bounds: list[KeyValue | None] = [None, *dict.fromkeys(ends), None]
        return tuple(KeyRange(after, upto) for after, upto in pairwise(bounds))

    def count(self, selection: Selection, within: KeyRange, *, side: Side) -> int:
        with self._errors():
            words = self._words(selection, side)
            return int(self._found(f"SELECT count(*) FROM {words.table}", words, within)[0][0])

    def digest(self, selection: Selection, within: KeyRange, *, side: Side) -> ChunkDigest:
        with self._errors():
            words = self._words(selection, side)
            makers = words.texts()
            where, values = words.where(within)
            pages = self._pages(f"SELECT {', '.join(words.columns())} FROM {words.table}{where}", values)
            return digest_of(texts for page in pages for texts in page_texts(words.mapped(), makers, page))

    def row_digests(self, selection: Selection, within: KeyRange, *, side: Side) -> Iterator[tuple[KeyValue, str]]:
        """Of a table without a key in the order of the digests, each with an empty key; they are all in memory then."""
        found = self._row_digests(selection, within, side)
        yield from found if selection.key else sorted(found)

    def rows(self, selection: Selection, keys: Sequence[KeyValue], *, side: Side) -> list[Row]:
        if not selection.key:
            return []
        found = []
        with self._errors():
            words = self._words(selection, side)
            names = [one.target for one in selection.columns]
            texts, width = words.texts(), len(words.key)
            where, values = words.where(EVERYTHING)
            columns = ", ".join([*map(quoted, words.key), *words.columns()])
            for key in keys:
                test, bound = words.one(key)
                statement = f"SELECT {columns} FROM {words.table}{f'{where} AND' if where else ' WHERE'} {test}"
                for row in self._stream(statement, [*values, *bound]):
                    shown = [text(value) for text, value in zip(texts, row[width:], strict=True)]
                    found.append(Row(words.key_text(row[:width]), dict(zip(names, shown, strict=True))))
        return found

    def carried(self, selection: Selection, within: KeyRange) -> Iterator[tuple[Carried, ...]]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            carriers = words.carriers()
            columns = ", ".join(words.columns())
            where, values = words.where(within)
            for row in self._stream(f"SELECT {columns} FROM {words.table}{where}{words.order()}", values):
                yield tuple([carry(value) for carry, value in zip(carriers, row, strict=True)])

    def blocks(self, selection: Selection, within: KeyRange) -> tuple[bool, Iterator[bytes]]:
        return False, self._blocks(selection, within)

    def _blocks(self, selection: Selection, within: KeyRange) -> Iterator[bytes]:
        with self._errors():
            words = self._words(selection, Side.SOURCE)
            where, values = words.where(within)
            statement = f"SELECT {', '.join(words.columns())} FROM {words.table}{where}{words.order()}"
            yield from copy_text.blocks(self._pages(statement, values), selection.columns, words.carriers())

    def _row_digests(self, selection: Selection, within: KeyRange, side: Side) -> Iterator[tuple[KeyValue, str]]:
        with self._errors():
            words = self._words(selection, side)
            texts, width = words.texts(), len(words.key)
            columns = ", ".join([*map(quoted, words.key), *words.columns()])
            where, values = words.where(within)
            for row in self._stream(f"SELECT {columns} FROM {words.table}{where}{words.order()}", values):
                shown = [text(value) for text, value in zip(texts, row[width:], strict=True)]
                yield words.key_text(row[:width]), row_digest(shown)

    def _words(self, selection: Selection, side: Side) -> Words:
        if selection.bytewise:
            register(self._open())
            self._open().create_function(BYTES, 1, _encoded, deterministic=True)
        return Words(selection, side, self.table(selection.source if side is Side.SOURCE else selection.target))

    def _found(self, select: str, words: Words, within: KeyRange, rest: str = "") -> list[tuple[Any, ...]]:
        where, values = words.where(within)
        return list(self._stream(f"{select}{where}{rest}", values))

    def _stream(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for page in self._pages(statement, values):
            yield from page

    def _pages(self, statement: str, values: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """Text that is no UTF-8 comes as `Undecodable`; only where there is some, text is read the slower way."""
        connection = self._open()
        seen = 0
        factory: Any = str
        cursor = connection.execute(statement, values)
        while True:
            before, connection.text_factory = connection.text_factory, factory
            try:
                page = cursor.fetchmany(PAGE)
            except sqlite3.OperationalError as error:
                if "decode" not in str(error) or factory is not str:
                    raise
                factory = text_factory
                cursor = connection.execute(f"SELECT * FROM ({statement}) LIMIT -1 OFFSET {seen}", values)
                continue
            finally:
                connection.text_factory = before
            if not page:
                return
            seen += len(page)
            yield page

    def _width(self, selection: Selection, side: Side) -> int:
        """Bytes of a row, about."""
        table = self.table(selection.source if side is Side.SOURCE else selection.target)
        return max(1, table.bytes // table.rows) if table.rows > 0 and table.bytes > 0 else 100


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
