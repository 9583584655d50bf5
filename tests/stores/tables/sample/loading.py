"""The sample in a database: made, filled row by row, indexed."""

# ruff: noqa: S608 - of our own words

import math
import sqlite3
from collections.abc import Iterator, Mapping
from random import Random

import psycopg

from tests.stores.tables.sample.tables import Sample, rows_of, tables
from tests.stores.tables.sample.values import Value


def rows(table: Sample, scale: float) -> Iterator[list[Value]]:
    """The same at each call, as the columns that are not made by the database."""
    chance = Random(f"sample of {table.name}")  # noqa: S311 - a sample
    makers = [each.make for each in table.columns if each.make is not None]
    for row in range(1, rows_of(table.name, scale) + 1):
        yield [make(row, chance) for make in makers]


def load_postgres(connection: psycopg.Connection, scale: float, *, schema: str = "public") -> Mapping[str, int]:
    """Into empty tables of this schema, which it makes; rows by table."""
    made = tables(scale)
    with connection.transaction():
        for table in made:
            connection.execute(create(table, "postgres", schema))
            with connection.cursor().copy(f"COPY {_of(schema, table.name)} ({_written(table)}) FROM STDIN") as copy:
                for row in rows(table, scale):
                    copy.write_row(row)
        for statement in _afterwards(made, schema):
            connection.execute(statement)
        for table in made:
            if "IDENTITY" in table.columns[0].postgres:
                connection.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
                    [_of(schema, table.name), rows_of(table.name, scale)],
                )
    connection.execute("ANALYZE")
    return {f"{schema}.{table.name}": rows_of(table.name, scale) for table in made}


def load_sqlite(path: str, scale: float) -> Mapping[str, int]:
    """Into a new file; rows by table."""
    connection = sqlite3.connect(path, isolation_level=None)
    made = tables(scale)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN")
    for table in made:
        connection.execute(create(table, "sqlite"))
        marks = ", ".join("?" for each in table.columns if each.make is not None)
        connection.executemany(
            f"INSERT INTO {_quoted(table.name)} ({_written(table)}) VALUES ({marks})",
            ([_for_sqlite(value) for value in row] for row in rows(table, scale)),
        )
    for statement in _afterwards(made, ""):
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()
    return {table.name: rows_of(table.name, scale) for table in made}


def create(table: Sample, engine: str, schema: str = "") -> str:
    """SQLite takes the references along; PostgreSQL's follow the rows."""
    lines = []
    for each in table.columns:
        declared = each.postgres if engine == "postgres" else each.sqlite
        numbered = engine == "sqlite" and "IDENTITY" in each.postgres
        lines.append(f"{_quoted(each.name)} {declared}{' PRIMARY KEY AUTOINCREMENT' if numbered else ''}")
    if table.key and not (engine == "sqlite" and "IDENTITY" in table.columns[0].postgres):
        lines.append(f"PRIMARY KEY ({_listed(table.key)})")
    if engine == "sqlite":
        lines += [
            f"FOREIGN KEY ({_listed(one.columns)}) REFERENCES {_quoted(one.table)} ({_listed(one.referred)})"
            for one in table.references
        ]
    return f"CREATE TABLE {_of(schema, table.name)} ({', '.join(lines)})"


def _afterwards(made: tuple[Sample, ...], schema: str) -> Iterator[str]:
    for table in made:
        for columns in table.indexes:
            name = _quoted(f"{table.name}_{'_'.join(columns)}")
            yield f"CREATE INDEX {name} ON {_of(schema, table.name)} ({_listed(columns)})"
    if schema:
        for table in made:
            for one in table.references:
                yield (
                    f"ALTER TABLE {_of(schema, table.name)} ADD FOREIGN KEY ({_listed(one.columns)}) "
                    f"REFERENCES {_of(schema, one.table)} ({_listed(one.referred)})"
                )


def _for_sqlite(value: Value) -> Value:
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _written(table: Sample) -> str:
    return _listed(tuple(each.name for each in table.columns if each.make is not None))


def _of(schema: str, table: str) -> str:
    return f"{_quoted(schema)}.{_quoted(table)}" if schema else _quoted(table)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
