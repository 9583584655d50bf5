"""`python -m benchmarks.table_hand_over`: tables move while writers write to them, and back after many further writes.

Real processes write to a real PostgreSQL all the time. Printed are how long they waited, and whether every write that
was answered is there: after the hand-over by digest, after the rollback row by row.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from operator import gt
from pathlib import Path

from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.handlers.data.live import steps
from migrations_app.testing.servers import PostgresServer, scratch_directory
from tests.handlers.data.live.shop import Shop, Writers, drive_to, held, troubles
from tests.stores.tables.changes.places import TABLES, Place, PostgresPlace, SqlitePlace

PAIRS = ("postgres:postgres", "sqlite:postgres")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table_hand_over", description=__doc__)
    parser.add_argument("pairs", nargs="*", default=PAIRS, help=f"source:target ({' '.join(PAIRS)})")
    parser.add_argument("--rows", type=int, default=100_000, help="items there before, each with a part (100,000)")
    parser.add_argument("--writes", type=int, default=60_000, help="at the target, before the way back (60,000)")
    parser.add_argument("--writers", type=int, default=4, help="processes (4)")
    parser.add_argument("--pace-ms", type=float, default=2.0, help="rest of each between two writes (2)")
    parser.add_argument("--longest-stop-ms", type=int, default=10_000, help="of the plan (10,000)")
    given = parser.parse_args(arguments)
    say(f"{os.cpu_count()} cores, everything on this machine, {given.rows:,} items and parts, {given.writers} writers")
    with scratch_directory() as directory, PostgresServer(directory / "postgres") as server:
        return max(report(given, pair, server, directory) for pair in given.pairs)


def report(given: argparse.Namespace, pair: str, server: PostgresServer, directory: Path) -> int:
    """1 when something was lost."""
    here, there = (_place(server, directory, f"{pair.replace(':', '_')}_{n}", k) for n, k in enumerate(pair.split(":")))
    shop = Shop(here, there, directory, {"longest_write_stop_ms": given.longest_stop_ms, "chunk_rows": 10_000})
    shop.fill(given.rows)
    with shop.writers(given.writers, pace=given.pace_ms / 1000) as writers:
        run = shop.move().begin()
        began = time.monotonic()
        view = drive_to(run, steps.RETIRE)
        took = time.monotonic() - began
        handed, caught = view.results[steps.HAND_OVER], view.results[steps.CATCH_UP]
        say(f"\n{pair}: there in {took:.1f} s")
        say(f"  {caught['changes']:,} changes were brought before the stop, {handed['changes']:,} in it")
        say(f"  writers waited {handed['pause_ms']:,} ms; {handed['compared']:,} rows were equal by digest meanwhile")
        _wait_for_writes(there, _noted(there) + given.writes)
        began = time.monotonic()
        run.signal(Signal.ROLL_BACK)
        while run.drive().reason != ParkedFor.GRACE:
            pass
        took = time.monotonic() - began
        _wait_for_everybody(here, writers)
        told = writers.stop()
        state = run.finish().state
    if state is not RunState.ROLLED_BACK:
        say(f"  the rollback ended as {state}: {troubles(run)}")
        return 1
    lost = sum(len(set(writers.expected(table)) ^ set(held(here, table))) for table in ("items", "parts"))
    say(f"  {writers.writes:,} writes in all; back in {took:.1f} s")
    say(f"  longest write of a writer, both ways: {max(each['longest_ms'] for each in told):,} ms")
    say(f"  rows of writers that are not as they were answered: {lost}")
    return int(lost > 0)


def _place(server: PostgresServer, directory: Path, name: str, kind: str) -> Place:
    if kind == "sqlite":
        made: Place = SqlitePlace(directory / f"{name}.sqlite3")
        made.run("PRAGMA journal_mode = wal", *TABLES)
        return made
    server.create_database(name)
    made = PostgresPlace(server, name)
    made.run("CREATE SCHEMA shop", *TABLES)
    return made


def _wait_for_writes(place: Place, wanted: int) -> None:
    """Each write is noted at the target once or more; its log's numbers tell how many there were."""
    while _noted(place) < wanted:
        time.sleep(0.5)


def _wait_for_everybody(here: Place, writers: Writers) -> None:
    """Until each has written at the source again: the run's clock is not theirs."""
    newest = writers.newest(held(here, "items"))
    while not all(map(gt, writers.newest(held(here, "items")), newest)):
        time.sleep(0.5)


def _noted(place: Place) -> int:
    postgres = isinstance(place, PostgresPlace)
    statement = (
        "SELECT last_value FROM snakeweb_changes.log_id_seq"
        if postgres
        else "SELECT seq FROM sqlite_sequence WHERE name = 'snakeweb_changes'"
    )
    with place.writer() as writer:
        found = writer.rows(statement)
    return int(found[0][0]) if found else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
