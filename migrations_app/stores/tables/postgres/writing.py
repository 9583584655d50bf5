"""Single rows, whole tables and sequences of PostgreSQL."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Mapping, Sequence

from psycopg import errors

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Row, Side
from migrations_app.stores.tables.canonical import unfit
from migrations_app.stores.tables.postgres.canonical import value_of
from migrations_app.stores.tables.postgres.copying import PostgresCopying, refusals
from migrations_app.stores.tables.postgres.expressions import listed, quoted, table_name
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import Column, Generated, Table
from migrations_app.stores.tables.selection import KeyValue, Selection

# Whoever refers to these tables, or to one that does; `directly` to one of these, `ours` whether it may be emptied.
_REFERRING = """
WITH RECURSIVE around (relation, directly) AS (
    SELECT each::oid, NULL::boolean FROM unnest(%s::text[]::regclass[]) AS each
    UNION
    SELECT c.conrelid, around.directly IS NULL
    FROM around JOIN pg_catalog.pg_constraint AS c ON c.confrelid = around.relation AND c.contype = 'f'
)
SELECT relation::regclass::text, bool_or(directly), has_table_privilege(relation, 'TRUNCATE') FROM around
WHERE NOT relation = ANY(%s::text[]::regclass[]) GROUP BY relation ORDER BY relation
"""


class PostgresWriting(PostgresCopying):
    def put(self, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> int:
        if not rows:
            return 0
        for mapped in selection.columns:
            for row in rows:
                if (text := row.values[mapped.target]) is not None and (why := unfit(mapped.type, text)):
                    raise Refused(f"The value for column “{mapped.target}” cannot be written: {why}.")
        with self._errors(), refusals(), self._fenced(worker, tables=[selection.target]):
            try:
                with self._open().transaction():
                    return self._upsert(selection, rows)
            except (errors.UniqueViolation, errors.GeneratedAlways):
                if not self.silent:
                    raise
                # Rows that change places in another unique key, or an identity that may not be updated. Nothing hears
                # of the removal: triggers and foreign keys are silent in this transaction.
                if selection.key:
                    self._remove(selection, [row.key for row in rows])
                return self._insert(selection, rows, "")

    def remove(self, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken) -> int:
        if not keys or not selection.key:
            return 0
        with self._errors(), refusals(), self._fenced(worker, tables=[selection.target]):
            return self._remove(selection, keys)

    def empty(self, tables: Sequence[str], worker: WorkerToken) -> None:
        if not tables:
            return
        with self._errors(), self._fenced(worker):
            connection = self._open()
            names = [table_name(table) for table in tables]
            around = connection.execute(_REFERRING, [names, names]).fetchall()
            if not around:
                self._truncate(names)
                return
            # A DELETE might take rows of theirs along. The lock keeps new ones away: their foreign keys have to lock
            # rows here.
            self._lock(names)
            for other in (name for name, directly, _ in around if directly):
                if self._holds_rows(other):
                    message = f"The tables cannot be emptied: rows of {other} refer to them. None of them was."
                    fix = "Move the table that refers to them as well, or drop its foreign key."
                    raise ValidationFailed(message, problems=[Problem("tables", message, fix, "referred")])
            if all(ours for _, _, ours in around):
                # TRUNCATE wants to be told of every table that refers to them, empty as it is.
                others = [name for name, _, _ in around]
                self._lock(others)
                if not any(map(self._holds_rows, others)):
                    self._truncate([*names, *others])
                    return
            # In one statement: foreign keys are looked at when all of them are empty, whichever way they refer. Each
            # row asks those that refer to it, through all that was deleted there before: slow, and the last way left.
            first, *rest = names
            along = ", ".join(f"d{number} AS (DELETE FROM {name})" for number, name in enumerate(rest))
            connection.execute(f"{f'WITH {along} ' if along else ''}DELETE FROM {first}".encode())

    def _truncate(self, names: Sequence[str]) -> None:
        self._open().execute(f"TRUNCATE {', '.join(names)}".encode())

    def _lock(self, names: Sequence[str]) -> None:
        self._open().execute(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE".encode())

    def _holds_rows(self, name: str) -> bool:
        return self._open().execute(f"SELECT 1 FROM {name} LIMIT 1".encode()).fetchone() is not None

    def execute(self, statements: Sequence[str], worker: WorkerToken) -> None:
        with self._errors(), self._fenced(worker):
            for statement in statements:
                self._open().execute(statement.encode())

    def drop(self, tables: Sequence[str], worker: WorkerToken) -> None:
        if tables:
            with self._errors(), self._fenced(worker):
                self._open().execute(f"DROP TABLE IF EXISTS {', '.join(map(table_name, tables))}".encode())

    def advance_sequences(self, tables: Sequence[str], worker: WorkerToken) -> Mapping[str, int]:
        values: dict[str, int] = {}
        with self._errors(), self._fenced(worker, tables=tables):
            for table in map(self.table, tables):
                for sequence in table.sequences:
                    value = self._advance(table_name(sequence.name), table_name(table.name), quoted(sequence.column))
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
                    rows = int(
                        self._one(
                            f"SELECT count(*) FROM {table_name(table.name)} AS mine WHERE {whole} AND NOT EXISTS "
                            f"(SELECT FROM {table_name(key.table)} AS other WHERE {' AND '.join(same)})"
                        )[0]
                    )
                    if rows:
                        found[f"{table.name}.{key.name}"] = rows
        return found

    def _advance(self, sequence: str, table: str, column: str) -> int | None:
        """The last value handed out, after that, in the direction that the sequence counts; None before the first."""
        (step,) = self._one(
            f"SELECT seqincrement FROM pg_catalog.pg_sequence WHERE seqrelid = '{_text(sequence)}'::regclass"
        )
        (last,) = self._one(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}")
        (held,) = self._one(f"SELECT {'max' if step > 0 else 'min'}({column})::bigint FROM {table}")
        if held is None or (last is not None and (held - last) * step <= 0):
            return last if last is None else int(last)
        (limit, least) = self._one(
            f"SELECT seqmax, seqmin FROM pg_catalog.pg_sequence WHERE seqrelid = '{_text(sequence)}'::regclass"
        )
        if not least <= held <= limit:
            return last if last is None else int(last)
        self._one(f"SELECT setval('{_text(sequence)}'::regclass, {int(held)})")
        return int(held)

    def _upsert(self, selection: Selection, rows: Sequence[Row]) -> int:
        key = selection.target_key
        if not key:
            return self._insert(selection, rows, "")
        others = [name for name in (one.target for one in selection.columns) if name not in key]
        sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in others)
        return self._insert(
            selection, rows, f" ON CONFLICT ({listed(key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )

    def _insert(self, selection: Selection, rows: Sequence[Row], conflict: str) -> int:
        words, table = self._words(selection, Side.TARGET), self.table(selection.target)
        names = [one.target for one in selection.columns]
        columns = [_column(table, name) for name in names]
        arrays = ", ".join(words.literals([row.values[name] for row in rows]) for name in names)
        given = [f"given{number}" for number in range(len(names))]
        values = ", ".join(value_of(name, column.type) for name, column in zip(given, columns, strict=True))
        always = any(column.generated is Generated.ALWAYS for column in columns)
        statement = (
            f"INSERT INTO {table_name(selection.target)} ({listed(names)}) "
            f"{'OVERRIDING SYSTEM VALUE ' if always else ''}"
            f"SELECT {values} FROM unnest({arrays}) AS given ({', '.join(given)}){conflict}"
        )
        self._open().execute(statement.encode())
        return len(rows)

    def _remove(self, selection: Selection, keys: Sequence[KeyValue]) -> int:
        words = self._words(selection, Side.TARGET)
        return self._open().execute(f"DELETE FROM {words.table} WHERE {words.given(keys)}".encode()).rowcount


def _column(table: Table, name: str) -> Column:
    found = table.column(name)
    if found is None:
        message = f"The table “{table.name}” has no column “{name}”."
        raise ValidationFailed(message, problems=[Problem("tables", message, "Plan again.", "missing")])
    return found


def _text(sql: str) -> str:
    return sql.replace("'", "''")
