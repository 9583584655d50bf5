"""`make bench`: how fast and how lean, beside what somebody would use instead, interleaved on the same servers."""

import argparse
import os
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import adapters, call_sites, node, pages, router, tables, traced, watchers
from benchmarks.plain_copy import plain_copy
from benchmarks.workshop import PREFIX, Workshop, measured, workshop
from migrations_app.testing.servers import PostgresServer

SERVED = ("steps", "traced", "throughput", "router", "memory")
# These start what they need themselves.
PARTS = (*SERVED, "pages", "watchers", "node", "adapters", "call_sites", "tables")
GOAL_RATIO = 0.7
GOAL_GROWTH_MB = 150
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)} (all but those that need no servers)"
    )
    parser.add_argument("--sessions", type=int, default=100_000, help="sessions in the throughput runs (100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of each measurement (5)")
    parser.add_argument("--steps", type=int, default=200, help="journaled steps a round (200)")
    parser.add_argument("--memory", type=int, default=300_000, help="sessions in the memory run (300,000)")
    parser.add_argument("--calls", type=int, default=3_000, help="calls of each measurement of the router (3,000)")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full data of the pages (1.0)")
    parser.add_argument("--lines", type=int, default=100_000, help="lines of the project of adapters (100,000)")
    parser.add_argument("--rows", type=int, default=400_000, help="rows of the table that is moved (400,000)")
    wishes = parser.parse_args()
    parts = set(wishes.parts) or set(SERVED)
    if not parts <= set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(parts - set(PARTS)))}; there are {', '.join(PARTS)}")
    print(f"{os.cpu_count()} cores, everything on this machine, medians of {wishes.rounds} interleaved rounds\n")
    alone: dict[str, Callable[[], None]] = {
        "pages": lambda: pages.both(pages.Wishes(scale=wishes.scale, rounds=wishes.rounds)),
        "watchers": lambda: watchers.report(watchers.Wishes()),
        "node": lambda: node.report(wishes.sessions, wishes.rounds),
        "adapters": lambda: adapters.report(wishes.lines),
        "call_sites": lambda: call_sites.report(wishes.lines),
        "tables": lambda: tables.report(wishes.rows, wishes.rounds),
    }
    for name, measure in alone.items():
        if name in parts:
            measure()
    if not parts & set(SERVED):
        return
    with workshop() as shop:
        if "steps" in parts:
            steps(shop, wishes.rounds, wishes.steps)
        if "traced" in parts:
            traced.report(shop, wishes.rounds, wishes.steps)
        if "throughput" in parts:
            throughput(shop, wishes.rounds, wishes.sessions)
        if "router" in parts:
            with PostgresServer(shop.directory / "durable", options={"fsync": "on"}) as durable:
                router.report(shop.source, durable, shop.directory, wishes.rounds, wishes.calls)
        if "memory" in parts:
            memory(shop, wishes.memory)


def throughput(shop: Workshop, rounds: int, sessions: int) -> None:
    print(f"Sessions per second, {sessions:,} sessions of 300 bytes, Redis to PostgreSQL, one partition")
    shop.fill(sessions)
    plain: list[float] = []
    ours: list[float] = []
    whole: list[float] = []
    for number in range(rounds):
        copied, seconds = plain_copy(shop.source.url, PREFIX, shop.target.url)
        assert copied == sessions, (copied, sessions)
        plain.append(copied / seconds)
        facts = shop.migrate({"batch_size": BATCH, "parallel_workers": 1})
        ours.append(sessions / facts["steps"]["transfer"]["seconds"])
        whole.append(facts["seconds"])
        print(f"  round {number + 1}: plain {plain[-1]:,.0f}/s   transfer {ours[-1]:,.0f}/s", flush=True)
    ratio = statistics.median(our / other for our, other in zip(ours, plain, strict=True))
    line("plain SCAN/MGET + COPY loop, no deadlines, checkpoints, fences", plain, "sessions/s")
    line("transfer step, journaled, fenced, with deadlines and versions", ours, "sessions/s")
    print(f"  ratio, the median of the rounds' {ratio:.2f} (goal: at least {GOAL_RATIO})")
    print(f"  whole run with backup, catch-up, switch and both-way verification: {statistics.median(whole):.1f} s\n")


def steps(shop: Workshop, rounds: int, count: int) -> None:
    print(f"Cost of a journaled step on SQLite, {count} steps that do nothing")
    surroundings = shop.state()
    ours: list[float] = []
    theirs: list[float] = []
    theirs_wal: list[float] = []
    for number in range(rounds):
        ours.append(1000 * float(measured("benchmarks.journaled_steps", str(count), surroundings=surroundings)))
        for results, mode in ((theirs, ()), (theirs_wal, ("wal",))):
            path = Path(shop.directory / f"dbos-{number}-{len(mode)}.sqlite")
            out = measured("benchmarks.dbos_steps", str(count), str(path), *mode, surroundings=surroundings)
            results.append(1000 * float(out.splitlines()[-1]))
        print(
            f"  round {number + 1}: {ours[-1]:.2f} ms   DBOS {theirs[-1]:.2f} ms   in WAL {theirs_wal[-1]:.2f} ms",
            flush=True,
        )
    ratios = [
        statistics.median(our / other for our, other in zip(ours, each, strict=True)) for each in (theirs, theirs_wal)
    ]
    line("Snakeweb: intent, outcome, lease check, projections (WAL)", ours, "ms a step")
    line("DBOS: outcome only, as shipped", theirs, "ms a step")
    line("DBOS: outcome only, its database set to WAL", theirs_wal, "ms a step")
    print(f"  ratio, the median of the rounds' {ratios[0]:.2f} (goal: at most 1); to DBOS in WAL {ratios[1]:.2f}\n")


def memory(shop: Workshop, sessions: int) -> None:
    print(f"Memory of a Celery worker that drives a run of {sessions:,} sessions")
    growth = {}
    for count in (0, sessions):
        shop.fill(count)
        facts = shop.migrate({"batch_size": BATCH, "parallel_workers": 1}, by_worker=True)
        growth[count] = (facts["rss_highest"] - facts["rss_before"]) / 2**20
        print(f"  {count:,} sessions: grew by {growth[count]:.0f} MB, took {facts['seconds']:.0f} s", flush=True)
    print(f"  more than an empty run: {growth[sessions] - growth[0]:.0f} MB (goal: less than {GOAL_GROWTH_MB})")


def line(what: str, values: Sequence[float], unit: str) -> None:
    shown = f"{statistics.median(values):,.2f}" if max(values) < 100 else f"{statistics.median(values):,.0f}"
    print(f"  {what:<64} {shown} {unit}")


if __name__ == "__main__":
    main()
