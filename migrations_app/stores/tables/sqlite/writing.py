"""Single rows, whole tables and sequences of SQLite."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import sqlite3
from collections.abc import Mapping, Sequence

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Row, Side
from migrations_app.stores.tables.canonical import native
from migrations_app.stores.tables.selection import KeyValue, Selection
from migrations_app.stores.tables.sqlite.copying import SQLiteCopying, insertion, refusals
from migrations_app.stores.tables.sqlite.expressions import Words, listed, quoted


class SQLiteWriting(SQLiteCopying):
    def put(self, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> int:
        columns, key = selection.columns, selection.target_key
        others = [one.target for one in columns if one.target not in key]
        sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in others)
        conflict = f" ON CONFLICT ({listed(key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}" if key else ""
        with self._errors(), refusals(rows), self._fenced(worker):
            bound = [
                [None if (text := row.values[one.target]) is None else native(one.type, text) for one in columns]
                for row in rows
            ]
            insert = insertion(selection)
            self._open().execute("SAVEPOINT upsert")
            try:
                self._open().executemany(insert + conflict, bound)
            except sqlite3.IntegrityError:
                # Rows that change places in another unique key: out with all of them, then in.
                self._open().execute("ROLLBACK TO upsert")
                self._remove(self._words(selection, Side.TARGET), [row.key for row in rows])
                self._open().executemany(insert, bound)
            self._open().execute("RELEASE upsert")
        return len(rows)

    def remove(self, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken) -> int:
        if not keys or not selection.key:
            return 0
        with self._errors(), refusals(keys), self._fenced(worker):
            return self._remove(self._words(selection, Side.TARGET), keys)

    def empty(self, tables: Sequence[str], worker: WorkerToken) -> None:
        with self._errors(), self._fenced(worker):
            for name in tables:
                self._open().execute(f"DELETE FROM {quoted(name)}")

    def execute(self, statements: Sequence[str], worker: WorkerToken) -> None:
        with self._errors(), self._fenced(worker):
            for statement in statements:
                self._open().execute(statement)

    def drop(self, tables: Sequence[str], worker: WorkerToken) -> None:
        with self._errors(), self._fenced(worker):
            for name in tables:
                self._open().execute(f"DROP TABLE IF EXISTS {quoted(name)}")

    def advance_sequences(self, tables: Sequence[str], worker: WorkerToken) -> Mapping[str, int]:
        """Of AUTOINCREMENT; a table without it takes its next number from its greatest one by itself."""
        values: dict[str, int] = {}
        with self._errors(), self._fenced(worker):
            for table in map(self.table, tables):
                for sequence in table.sequences:
                    value = self._advance(table.name, sequence.column)
                    if value is not None:
                        values[sequence.name] = value
        return values

    def orphans(self, tables: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with self._errors():
            for table in map(self.table, tables):
                for key in table.foreign_keys:
                    mine = [f"mine.{quoted(name)}" for name in key.columns]
                    same = [f"other.{quoted(name)} = {own}" for name, own in zip(key.referred, mine, strict=True)]
                    whole = " AND ".join(f"{own} IS NOT NULL" for own in mine)
                    (rows,) = (
                        self._open()
                        .execute(
                            f"SELECT count(*) FROM {quoted(table.name)} AS mine WHERE {whole} AND NOT EXISTS "
                            f"(SELECT 1 FROM {quoted(key.table)} AS other WHERE {' AND '.join(same)})"
                        )
                        .fetchone()
                    )
                    if rows:
                        found[f"{table.name}.{key.name}"] = rows
        return found

    def _advance(self, table: str, column: str) -> int | None:
        connection = self._open()
        held = connection.execute(f"SELECT max({quoted(column)}) FROM {quoted(table)}").fetchone()[0]
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
        last = row[0] if row else None
        if held is None or (last is not None and last >= held):
            return None if last is None else int(last)
        if row:
            connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [held, table])
        else:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, held])
        return int(held)

    def _remove(self, words: Words, keys: Sequence[KeyValue]) -> int:
        test = " AND ".join(f"{quoted(name)} = ?" for name in words.key)
        statement = f"DELETE FROM {words.table} WHERE {test}"
        return self._open().executemany(statement, [words.bound(key) for key in keys]).rowcount
