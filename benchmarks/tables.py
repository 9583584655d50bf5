"""Rows per second of a table's move, beside `COPY ... TO | COPY ... FROM` and beside pgloader, and the memory of it.

Interleaved on the same servers, with the same indexes on both sides; the yardsticks keep no marks, check no fence and
cannot go on where they were interrupted.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables_copy import CHUNK_ROWS, copy, open_pair, whole_selection
from benchmarks.workshop import measured
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING
from migrations_app.testing.servers import PostgresServer, find_postgres, scratch_directory

GOAL_RATIO = 0.7
GOAL_GROWTH_MB = 20
SMALL, LARGE = 200_000, 2_000_000
COLUMNS = "id, code, amount, at, note, ok, document"
DDL = {
    "postgres": "CREATE TABLE entries (id bigint PRIMARY KEY, code text NOT NULL, amount numeric(12, 2), "
    "at timestamptz, note text, ok boolean, document jsonb)",
    "sqlite": "CREATE TABLE entries (id INTEGER PRIMARY KEY, code TEXT NOT NULL, amount NUMERIC(12, 2), "
    "at TIMESTAMPTZ, note TEXT, ok BOOLEAN, document JSONB)",
}
INDEX = "CREATE INDEX entries_code ON entries (code)"
_FILL = """
INSERT INTO entries SELECT n, 'code-' || n, n * 1.01, timestamptz '2024-01-01' + n * interval '1 second',
       repeat('x', 40) || n, n % 2 = 0, jsonb_build_object('n', n) FROM generate_series(1, {}) AS n
"""


def report(rows: int, rounds: int, memory_rows: int = LARGE) -> None:
    with (
        scratch_directory() as directory,
        PostgresServer(directory / "source") as source,
        PostgresServer(directory / "target") as target,
    ):
        file = directory / "entries.sqlite"
        for server in (source, target):
            server.sql(DDL["postgres"])
            server.sql(INDEX)
        fill(source, file, rows)
        from_postgres(source, target, rows, rounds)
        from_sqlite(file, target, directory, rows, rounds)
        to_sqlite(source, directory / "copy.sqlite", rows, rounds)
        digests(source, file, rows)
        memory(source, target, file, directory, memory_rows)


def fill(source: PostgresServer, file: Path, rows: int) -> None:
    """The same rows in both."""
    source.sql("TRUNCATE entries")
    source.sql(_FILL.format(rows))
    source.sql("VACUUM ANALYZE entries")
    file.unlink(missing_ok=True)
    connection = sqlite3.connect(file)
    connection.execute(DDL["sqlite"])
    connection.executemany(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (n, f"code-{n}", round(n * 1.01, 2), _time(n), "x" * 40 + str(n), int(n % 2 == 0), f'{{"n": {n}}}')
            for n in range(1, rows + 1)
        ),
    )
    connection.execute(INDEX)
    connection.commit()
    connection.close()


def _time(number: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(1_704_067_200 + number))


def from_postgres(source: PostgresServer, target: PostgresServer, rows: int, rounds: int) -> None:
    print(f"Rows per second, {rows:,} rows of 7 columns, PostgreSQL to PostgreSQL, one range, {CHUNK_ROWS:,} a chunk")
    ways: Mapping[str, Callable[[], None]] = {
        "COPY TO | COPY FROM in psql": lambda: _pipe(source, target, ""),
        "COPY TO | COPY FROM in psql, binary": lambda: _pipe(source, target, " (FORMAT binary)"),
        "our move: chunks, marks, fence": lambda: _move(postgres(source), postgres(target), rows),
    }
    plain, binary, ours = _interleaved(ways, rows, rounds, lambda: target.sql("TRUNCATE entries"))
    _ratio(ours, plain, f"to COPY | COPY (goal: at least {GOAL_RATIO})")
    _ratio(ours, binary, "to COPY | COPY in binary")
    print()


def from_sqlite(file: Path, target: PostgresServer, directory: Path, rows: int, rounds: int) -> None:
    print(f"Rows per second, {rows:,} rows of 7 columns, SQLite to PostgreSQL, one range")
    ways: dict[str, Callable[[], None]] = {
        "our move: chunks, marks, fence": lambda: _move(sqlite(file), postgres(target), rows)
    }
    program = shutil.which("pgloader")
    if program is None:
        print("  pgloader is not on this machine (Debian has it as `pgloader`): nothing to compare with")
    else:
        script = directory / "entries.load"
        url = target.url.replace("postgresql://", "pgsql://")
        script.write_text(f"LOAD DATABASE FROM sqlite://{file} INTO {url} WITH data only, truncate;")
        ways["pgloader, data only"] = lambda: _run([program, str(script)])
    speeds = _interleaved(ways, rows, rounds, lambda: target.sql("TRUNCATE entries"))
    if len(speeds) == 2:
        _ratio(speeds[0], speeds[1], "to pgloader (goal: more than 1)")
    print()


def to_sqlite(source: PostgresServer, file: Path, rows: int, rounds: int) -> None:
    print(f"Rows per second, {rows:,} rows of 7 columns, PostgreSQL to SQLite, one range")

    def empty() -> None:
        file.unlink(missing_ok=True)
        with sqlite3.connect(file) as connection:
            connection.execute(DDL["sqlite"])
            connection.execute(INDEX)
        connection.close()

    _interleaved({"our move": lambda: _move(postgres(source), sqlite(file), rows)}, rows, rounds, empty)
    print()


def digests(source: PostgresServer, file: Path, rows: int) -> None:
    """Of the same rows, computed where they are."""
    with open_pair(postgres(source), sqlite(file)) as (one, other):
        selection = whole_selection(one, other)
        for database, side, name in ((one, Side.SOURCE, "PostgreSQL"), (other, Side.TARGET, "SQLite")):
            began = time.perf_counter()
            digest = database.digest(selection, EVERYTHING, side=side)
            speed = rows / (time.perf_counter() - began)
            print(f"  rows per second whose digest is computed in {name:<42} {speed:,.0f} rows/s   {digest.digest[:8]}")
    print()


def memory(source: PostgresServer, target: PostgresServer, file: Path, directory: Path, rows: int) -> None:
    print("Memory of the process that moves, beyond what it had before the first chunk")
    growth: dict[str, list[float]] = {"PostgreSQL": [], "SQLite": []}
    for count in (rows // 10, rows):
        fill(source, file, count)
        for name, config in (("PostgreSQL", postgres(source)), ("SQLite", sqlite(file))):
            target.sql("TRUNCATE entries; DROP TABLE IF EXISTS snakeweb_moves")
            description = directory / "memory.json"
            description.write_text(json.dumps([config, postgres(target)]))
            out = json.loads(measured("benchmarks.tables_copy", str(description), surroundings=dict(os.environ)))
            assert out["rows"] == count, out
            growth[name].append(out["growth_mb"])
            print(
                f"  {count:,} rows from {name}: grew by {out['growth_mb']:.0f} MB in {out['seconds']:.0f} s", flush=True
            )
    for name, (small, large) in growth.items():
        print(f"  ten times the rows from {name}: {large - small:+.0f} MB (goal: less than {GOAL_GROWTH_MB})")


def postgres(server: PostgresServer) -> dict[str, Any]:
    address = {"host": server.host, "port": server.port, "database": server.database, "username": server.username}
    return {"config": {"engine": "postgres", **address}, "secrets": server.secrets}


def sqlite(file: Path) -> dict[str, Any]:
    return {"config": {"engine": "sqlite", "path": str(file)}, "secrets": {}}


def _move(source: Mapping[str, Any], target: Mapping[str, Any], rows: int) -> None:
    copied = copy(source, target)
    assert copied.rows == rows, copied


def _pipe(source: PostgresServer, target: PostgresServer, form: str) -> None:
    psql = [find_postgres("psql"), "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1"]
    out = subprocess.Popen(
        [*psql, source.url, "-c", f"COPY entries ({COLUMNS}) TO STDOUT{form}"], stdout=subprocess.PIPE
    )
    _run([*psql, target.url, "-c", f"COPY entries ({COLUMNS}) FROM STDIN{form}"], stdin=out.stdout)
    if out.wait() != 0:
        raise RuntimeError("COPY ... TO STDOUT failed")


def _run(words: Sequence[str], **options: Any) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if ended.returncode != 0:
        raise RuntimeError(f"{words[0]} failed:\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")


def _interleaved(
    ways: Mapping[str, Callable[[], None]], rows: int, rounds: int, empty: Callable[[], object]
) -> list[list[float]]:
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, go in ways.items():
            empty()
            began = time.perf_counter()
            go()
            speeds[name].append(rows / (time.perf_counter() - began))
        shown = "   ".join(f"{each[-1]:,.0f}/s" for each in speeds.values())
        print(f"  round {number + 1}: {shown}", flush=True)
    for name, each in speeds.items():
        print(f"  {name:<64} {statistics.median(each):,.0f} rows/s")
    return list(speeds.values())


def _ratio(ours: Sequence[float], others: Sequence[float], what: str) -> None:
    ratio = statistics.median(our / other for our, other in zip(ours, others, strict=True))
    print(f"  ratio, the median of the rounds', {what}: {ratio:.2f}")
