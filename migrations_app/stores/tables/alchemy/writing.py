"""Single rows and whole tables through SQLAlchemy."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, exc

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.alchemy.abilities import Abilities
from migrations_app.stores.tables.alchemy.copying import AlchemyCopying
from migrations_app.stores.tables.alchemy.expressions import Words, table_of
from migrations_app.stores.tables.alchemy.reasons import refusals
from migrations_app.stores.tables.alchemy.values import restored
from migrations_app.stores.tables.base import Row, Side
from migrations_app.stores.tables.ordering import levels
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ForeignKey, Generated, Table
from migrations_app.stores.tables.selection import EVERYTHING, KeyValue, Selection


class AlchemyWriting(AlchemyCopying):
    def put(self, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> int:
        if not rows:
            return 0
        with self._errors():
            words = self._words(selection, Side.TARGET)
            values = [self._values(selection, row) for row in rows]
            try:
                with self._fenced(worker):
                    self._upsert(words, selection, rows, values)
            except exc.IntegrityError as error:
                if not (selection.key and self._able.keys_off):
                    with refusals():
                        raise error from None
                # Rows that change places in another unique key: out with all of them, then in. Nothing hears of the
                # removal, because foreign keys are off.
                with refusals(), self._fenced(worker):
                    self._remove(words, [row.key for row in rows])
                    self._insert(self._insertion(selection, words.table), iter(values))
            except exc.DBAPIError as error:
                with refusals():
                    raise error from None
        return len(rows)

    def remove(self, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken) -> int:
        if not keys or not selection.key:
            return 0
        with self._errors(), refusals():
            words = self._words(selection, Side.TARGET)
            with self._fenced(worker):
                return self._remove(words, keys)

    def empty(self, tables: Sequence[str], worker: WorkerToken) -> None:
        with self._errors():
            catalogue = self.catalogue()
            for name in tables:
                self.table(name)
            self._refuse_referred(tables, list(catalogue.tables.values()))
            order = levels(catalogue, tables)
            with refusals(), self._fenced(worker):
                for name in sorted(tables, key=lambda each: order[each], reverse=True):
                    self._writer().execute(sa.delete(self._named_table(name)))

    def execute(self, statements: Sequence[str], worker: WorkerToken) -> None:
        with self._errors(), self._making(worker) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def drop(self, tables: Sequence[str], worker: WorkerToken) -> None:
        with self._errors():
            there = [name for name in tables if name in self.catalogue(tables).tables]
            order = levels(self.catalogue(there), there)
            with self._making(worker) as connection:
                for name in sorted(there, key=lambda each: order[each], reverse=True):
                    table = self._named_table(name)
                    sa.Table(table.name, sa.MetaData(), schema=table.schema).drop(connection, checkfirst=False)
                    self._tables.pop(name, None)

    def advance_sequences(self, tables: Sequence[str], worker: WorkerToken) -> Mapping[str, int]:
        """MySQL's counters have followed the rows by themselves, and stand behind the greatest one; it is told here."""
        values: dict[str, int] = {}
        with self._errors(), self._fenced(worker):
            for table in map(self.table, tables):
                for sequence in table.sequences:
                    column = self._named_table(table.name).c[sequence.column]
                    greatest = self._writer().execute(sa.select(sa.func.max(column))).scalar()
                    if greatest is not None:
                        values[sequence.name] = int(greatest)
        return values

    def orphans(self, tables: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with self._errors():
            for table in map(self.table, tables):
                for key in table.foreign_keys:
                    rows = self._open().execute(self._without_other(table, key)).scalar_one()
                    if rows:
                        found[f"{table.name}.{key.name}"] = int(rows)
        return found

    @property
    def _able(self) -> Abilities:
        return self._abilities(self._open())

    def _values(self, selection: Selection, row: Row) -> list[Any]:
        able = self._able
        return [restored(one, row.values[one.target], able) for one in selection.columns]

    def _upsert(self, words: Words, selection: Selection, rows: Sequence[Row], values: Sequence[Sequence[Any]]) -> None:
        missing = []
        for row, bindings in zip(rows, values, strict=True):
            if not selection.key or not self._there(words, row.key):
                missing.append(bindings)
                continue
            others = {
                one.target: value
                for one, value in zip(selection.columns, bindings, strict=True)
                if one.target not in words.key and not self._is_identity(selection.target, one.target)
            }
            if others:
                self._writer().execute(sa.update(words.table).where(words.one(row.key)).values(_untyped(others)))
        self._insert(self._insertion(selection, words.table), iter(missing))

    def _there(self, words: Words, key: KeyValue) -> bool:
        """Whether the row is there. Raises Refused where another is, which the database takes for the same."""
        found = self._writer().execute(words.chosen(words.keys(), EVERYTHING, words.one(key))).all()
        others = [each for each in map(words.key_text, found) if each != key]
        if others:
            raise Refused("A row whose key its collation takes for the same is there already.")
        return bool(found)

    def _remove(self, words: Words, keys: Sequence[KeyValue]) -> int:
        removed = 0
        for key in keys:
            found = self._writer().execute(words.chosen(words.keys(), EVERYTHING, words.one(key))).all()
            if any(words.key_text(each) == key for each in found):
                removed += self._writer().execute(sa.delete(words.table).where(words.one(key))).rowcount
        return removed

    def _is_identity(self, table: str, column: str) -> bool:
        found = self.table(table).column(column)
        return found is not None and found.generated is Generated.ALWAYS

    def _refuse_referred(self, tables: Sequence[str], every: Sequence[Table]) -> None:
        """Where foreign keys are off nothing else would notice; where they cascade, rows of others would go along."""
        for other in every:
            for key in other.foreign_keys if other.name not in tables else ():
                table = self._named_table(other.name)
                whole = [table.c[name].is_not(None) for name in key.columns]
                refers: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table).where(*whole).limit(1)
                if key.table in tables and self._open().execute(refers).first() is not None:
                    message = f"The tables cannot be emptied: rows of {other.name} refer to them. None of them was."
                    fix = "Move the table that refers to them as well, or drop its foreign key."
                    raise ValidationFailed(message, problems=[Problem("tables", message, fix, "referred")])

    def _without_other(self, table: Table, key: ForeignKey) -> "sa.Select[Any]":
        mine = self._named_table(table.name).alias("mine")
        in_schema = bool(self._config.schemas)
        other = table_of(key.table, key.referred, in_schema=in_schema).alias("other")
        same = [other.c[theirs] == mine.c[own] for theirs, own in zip(key.referred, key.columns, strict=True)]
        there = sa.exists(sa.select(sa.literal_column("1")).select_from(other).where(*same).correlate(mine))
        whole = [mine.c[name].is_not(None) for name in key.columns]
        return sa.select(sa.func.count()).select_from(mine).where(*whole, ~there)

    def _named_table(self, name: str) -> sa.TableClause:
        found = self.table(name)
        return table_of(name, [each.name for each in found.columns], in_schema=bool(self._config.schemas))

    @contextmanager
    def _making(self, worker: WorkerToken) -> Iterator[Connection]:
        """Where tables are made and dropped, while the worker's fence is held.

        What commits them one by one does so on another connection, and the fence's transaction stays open meanwhile.
        """
        with self._fenced(worker):
            if self._able.transactional_ddl:
                yield self._writer()
                return
            connection = self._open()
            for statement in self._able.writing:
                connection.exec_driver_sql(statement)
            yield connection


def _untyped(values: Mapping[str, Any]) -> dict[str, Any]:
    """As they are: SQLAlchemy shall not convert them again."""
    return {name: sa.bindparam(None, value, type_=sa.types.NullType(), unique=True) for name, value in values.items()}
