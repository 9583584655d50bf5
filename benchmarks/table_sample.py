"""`python -m benchmarks.table_sample`: a sample of 24 tables and many types through the engine, there, back and undone.

PostgreSQL to PostgreSQL, then SQLite to PostgreSQL to SQLite. What arrived is compared with what was there row by row,
by digests that do not depend on an order and that no code of the product makes.
"""

import argparse
import contextlib
import hashlib
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.stores.tables.sqlite.expressions import quoted
from migrations_app.testing.servers import PostgresServer, scratch_directory
from tests.handlers.data.moves import Move
from tests.stores.tables.places import DatabasePlace, postgres_place, sqlite_place
from tests.stores.tables.sample.loading import load_postgres, load_sqlite

SUMMED = SQL("SELECT count(*), coalesce(sum(('x' || left(md5(ROW({})::text), 16))::bit(64)::bigint), 0) FROM {}")
COLUMNS = """
SELECT table_name,
       array_agg(column_name::text ORDER BY ordinal_position),
       array_agg(data_type::text ORDER BY ordinal_position)
FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name
"""
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
Digests = dict[str, tuple[int, int]]  # (rows, sum of 64 bits of each row's MD5) by table


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table_sample", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 2,000,000 rows (1)")
    given = parser.parse_args(arguments)
    with scratch_directory() as directory, PostgresServer(directory / "postgres") as server:
        return max(between_servers(server, given.scale), through_postgres(server, directory, given.scale))


def between_servers(server: PostgresServer, scale: float) -> int:
    with postgres_place(server) as old, postgres_place(server) as new:
        with connected(old) as connection:
            say(f"postgres:postgres, {sum(load_postgres(connection, scale).values()):,} rows")
            connection.commit()
        here = of_postgres(old)
        move = Move(old, new, {"chunk_rows": 10_000})
        journey = moved(move, "there")
        wrong = different(here, of_postgres(new))
        undone(move, journey)
        return wrong or different({}, of_postgres(new)) or different(here, of_postgres(old))


def through_postgres(server: PostgresServer, directory: Path, scale: float) -> int:
    path, last = directory / "sample.db", directory / "last.db"
    say(f"sqlite:postgres:sqlite, {sum(load_sqlite(str(path), scale).values()):,} rows")
    here = of_sqlite(path)
    with postgres_place(server) as new:
        moved(Move(sqlite_place(path), new, {"chunk_rows": 10_000}), "there")
        arrived = of_postgres(new)
        moved(Move(new, sqlite_place(last), {"chunk_rows": 10_000}), "back")
        with postgres_place(server) as again:
            moved(Move(sqlite_place(last), again, {"chunk_rows": 10_000}), "there again")
            wrong = different(arrived, of_postgres(again))
    return wrong or different({name: (rows, 0) for name, (rows, _) in here.items()}, counts(last))


def moved(move: Move, word: str) -> object:
    began = time.monotonic()
    journey = move.begin()
    view = journey.finish()
    took = time.monotonic() - began
    if view.state is not RunState.SUCCEEDED:
        raise SystemExit(f"{word}: the run ended as {view.state}: {view.error}")
    found = view.results["verify"]
    rows = found["compared"]
    say(f"  {word}: {took:.0f} s, {rows / took:,.0f} rows/s, {rows:,} compared, {found['repaired']} mended")
    return journey


def undone(move: Move, journey: object) -> None:
    began = time.monotonic()
    view = move.begin(RunKind.ROLLBACK, run_id=2, undoes=journey).finish()  # type: ignore[arg-type]
    say(f"  taken back: {view.state}, {time.monotonic() - began:.0f} s")


def connected(place: DatabasePlace) -> psycopg.Connection:
    return psycopg.connect(
        host=place.config["host"],
        port=place.config["port"],
        dbname=place.config["database"],
        user=place.config["username"],
        password=place.secrets.get("password"),
    )


def of_postgres(place: DatabasePlace) -> Digests:
    """Numbers without the zeros at their end, which SQLite does not keep and which are no part of the value."""
    found: Digests = {}
    with connected(place) as connection:
        for name, columns, types in connection.execute(COLUMNS).fetchall():
            values = [
                SQL("trim_scale({})" if kind == "numeric" else "{}").format(Identifier(column))
                for column, kind in zip(columns, types, strict=True)
            ]
            statement = SUMMED.format(SQL(", ").join(values), Identifier("public", name))
            (row,) = connection.execute(statement).fetchall()
            found[name] = (int(row[0]), int(row[1]))
    return found


def of_sqlite(path: Path) -> Digests:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {name: summed(connection, name) for name in names_of(connection)}


def summed(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    rows = total = 0
    for row in connection.execute(f"SELECT * FROM {quoted(name)}"):  # noqa: S608 - a name of the sample
        rows += 1
        total += int.from_bytes(hashlib.md5(repr(row).encode(), usedforsecurity=False).digest()[:8], "big")
    return rows, total


def counts(path: Path) -> Digests:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {name: (summed(connection, name)[0], 0) for name in names_of(connection)}


def names_of(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute(TABLES)]


def different(one: Digests, other: Digests) -> int:
    """1 and their names when any table differs."""
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    verdict = f"DIFFERENT: {', '.join(names)}" if names else "identical"
    say(f"  {verdict}: {len(one)} tables, {sum(rows for rows, _ in one.values()):,} rows")
    return int(bool(names))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
