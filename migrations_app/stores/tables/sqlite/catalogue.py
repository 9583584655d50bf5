"""The tables of a SQLite file, read from its pragmas. Snakeweb's own side tables (`snakeweb_*`) are left out."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from migrations_app.stores.tables.schema import (
    Catalogue,
    Column,
    ForeignKey,
    Generated,
    Index,
    Key,
    Table,
)
from migrations_app.stores.tables.schema import (
    Sequence as SequenceOf,
)
from migrations_app.stores.tables.sqlite.types import column_type

# Virtual tables have no rows of their own, and their shadow tables are rows of somebody else.
TABLES = """
SELECT name, wr FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND name NOT LIKE 'snakeweb\\_%' ESCAPE '\\'
ORDER BY name
"""
_LEFT_OUT = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('view', 'virtual') ORDER BY name"
_FOREIGN_KEYS = """
SELECT id, seq, "table", "from", "to", on_delete, on_update FROM pragma_foreign_key_list(?) ORDER BY id, seq
"""
_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY name"
_GENERATED = {2: Generated.VIRTUAL, 3: Generated.STORED}
_CHECK = re.compile(r'(?:CONSTRAINT\s+("(?:[^"]|"")+"|\w+)\s+)?CHECK\s*\(', re.IGNORECASE)
_MOST_COUNTED = 100_000
Rows = Sequence[tuple[Any, ...]]


def read_catalogue(connection: sqlite3.Connection, tables: Sequence[str] | None) -> Catalogue:
    found = [row for row in connection.execute(TABLES) if tables is None or row[0] in tables]
    names = {
        name.lower(): name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    left_out = ", ".join(row[0] for row in connection.execute(_LEFT_OUT))
    encoding = connection.execute("PRAGMA encoding").fetchone()[0]
    read = {name: _Reading(connection, name, bool(without_rowid)).table(names) for name, without_rowid in found}
    return Catalogue(read, encoding, "", {"engine": "sqlite", "collation": "C", "left_out": left_out})


class _Reading:
    """One table, as its pragmas describe it."""

    def __init__(self, connection: sqlite3.Connection, name: str, without_rowid: bool) -> None:
        self._connection = connection
        self._name = name
        self._without_rowid = without_rowid
        self._columns = self._ask("SELECT * FROM pragma_table_xinfo(?) WHERE hidden <> 1")
        self._indexes = [
            (*row, self._ask("SELECT * FROM pragma_index_xinfo(?) WHERE key", row[1]))
            for row in self._ask('SELECT seq, name, "unique", origin, partial FROM pragma_index_list(?)')
        ]

    def _ask(self, query: str, about: str = "") -> Rows:
        return self._connection.execute(query, [about or self._name]).fetchall()

    def table(self, names: dict[str, str]) -> Table:
        (written,) = self._ask("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?")[0]
        alias = self._alias()
        columns = tuple(self._column(row, alias) for row in self._columns)
        return Table(
            name=self._name,
            columns=columns,
            keys=tuple(self._keys({each.name for each in columns if each.nullable})),
            foreign_keys=tuple(self._foreign_keys(names)),
            sequences=tuple(self._sequences(written, alias)),
            indexes=tuple(row[1] for row in self._indexes),
            triggers=tuple(row[0] for row in self._ask(_TRIGGERS)),
            checks=tuple((match[1] or "check").strip('"') for match in _CHECK.finditer(written)),
            rows=self._estimate(),
            built=tuple(self._built()),
        )

    def _alias(self) -> str:
        """The column that is the row's number itself: INTEGER PRIMARY KEY, which needs no index."""
        primary = [row for row in self._columns if row[5]]
        if self._without_rowid or len(primary) != 1 or primary[0][2].upper() != "INTEGER":
            return ""
        return "" if any(origin == "pk" for _, _, _, origin, _, _ in self._indexes) else str(primary[0][1])

    def _column(self, row: tuple[Any, ...], alias: str) -> Column:
        _, name, declared, not_null, default, primary, hidden = row
        generated = Generated.BY_DEFAULT if name == alias else _GENERATED.get(hidden, Generated.NO)
        never_null = not_null or name == alias or (primary and self._without_rowid)
        return Column(name, column_type(declared), not never_null, default, generated, self._collation(name))

    def _collation(self, column: str) -> str:
        """As its indexes have it; what is not indexed is not asked for by its order."""
        found = {row[4] for *_, rows in self._indexes for row in rows if row[2] == column and row[4] != "BINARY"}
        return min(found, default="")

    def _keys(self, nullable: set[str]) -> Iterable[Key]:
        """The primary one also where SQLite lets its columns be null: whether one is, is asked at planning."""
        primary = sorted((row for row in self._columns if row[5]), key=lambda row: row[5])
        if primary:
            yield Key(f"{self._name}_pkey", tuple(row[1] for row in primary), primary=True)
        for _, name, unique, origin, partial, rows in sorted(self._indexes, key=lambda row: row[1]):
            columns = [row[2] for row in rows]
            if unique and origin != "pk" and not partial and None not in columns and not set(columns) & nullable:
                yield Key(name, tuple(columns))

    def _built(self) -> Iterable[Index]:
        for _, name, unique, origin, partial, rows in sorted(self._indexes, key=lambda row: row[1]):
            if origin != "pk":
                plain = not partial and all(row[2] is not None and not row[3] and row[4] == "BINARY" for row in rows)
                (written,) = self._ask("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", name)[0]
                yield Index(name, tuple(row[2] for row in rows) if plain else (), bool(unique), written or "")

    def _foreign_keys(self, names: dict[str, str]) -> Iterable[ForeignKey]:
        """They have no names here; each has one of its table and columns."""
        rows = self._ask(_FOREIGN_KEYS)
        for number in sorted({row[0] for row in rows}):
            mine = [row for row in rows if row[0] == number]
            other = names.get(str(mine[0][2]).lower(), str(mine[0][2]))
            columns = tuple(row[3] for row in mine)
            referred = tuple(row[4] for row in mine)
            if None in referred:
                primary = "SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk"
                referred = tuple(row[0] for row in self._ask(primary, other))
            actions = " ".join(
                f"ON {event} {action}"
                for event, action in zip(("DELETE", "UPDATE"), mine[0][5:], strict=True)
                if action in ("CASCADE", "SET NULL", "SET DEFAULT")
            )
            yield ForeignKey(f"{self._name}_{'_'.join(columns)}_fkey", columns, other, referred, actions=actions)

    def _sequences(self, written: str, alias: str) -> Iterable[SequenceOf]:
        """Of AUTOINCREMENT. Other numbers of rows are given again, so nothing remembers them."""
        if alias and re.search(r"\bAUTOINCREMENT\b", written, re.IGNORECASE):
            last = self._ask("SELECT seq FROM sqlite_sequence WHERE name = ?")
            yield SequenceOf(self._name, alias, last[0][0] if last else None)

    def _estimate(self) -> int:
        """The statistics', else the greatest number of a row."""
        quoted = '"' + self._name.replace('"', '""') + '"'
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
            stat = self._ask("SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = ? AND stat IS NOT NULL")
            if stat:
                return int(stat[0][0])
        if self._without_rowid:
            query = f"SELECT count(*) FROM (SELECT 1 FROM {quoted} LIMIT {_MOST_COUNTED})"  # noqa: S608 - quoted
        else:
            query = f"SELECT coalesce(max(rowid), 0) FROM {quoted}"  # noqa: S608 - quoted
        return max(0, int(self._connection.execute(query).fetchone()[0]))
