"""`python -m benchmarks.recycle`: a live node's workers recycled one by one under load, beside its own call in a loop.

The node runs our fixture, which answers as Snakepit 0.13's pool does, with workers that take as long to start and to
end as it is told.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from migrations_app.pools import PoolDriver
from migrations_app.pools.base import PoolView
from migrations_app.pools.rolling import roll
from migrations_app.testing.beam import BeamNode
from migrations_app.testing.processes import scratch_directory
from tests.pools.fixture_pool import FixturePool


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recycle", description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--callers", type=int, default=6, help="processes that always have a request under way (6)")
    parser.add_argument("--most-ms", type=int, default=20, help="the longest request (20)")
    parser.add_argument("--starting-ms", type=int, default=500, help="until a new worker is ready (500)")
    parser.add_argument("--stopping-ms", type=int, default=200, help="until a stopped worker has ended (200)")
    parser.add_argument("--refill-ms", type=int, default=1000, help="how often the pool refills, 0 for never (1000)")
    given = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, everything on this machine, {given.workers} workers, {given.callers} callers")
    trial("the node's own recycle_worker, waiting for the other worker each time", given, _plainly)
    failed, least = trial("one by one, held and waited for", given, _rolling)
    print(f"  (goal: never fewer than {given.workers - 1}, no failed request)")
    return int(failed > 0 or least < given.workers - 1)


def trial(title: str, given: argparse.Namespace, recycle: Callable[[FixturePool, PoolDriver], str]) -> tuple[int, int]:
    """Requests that failed, and the fewest workers that were seen serving."""
    with scratch_directory() as directory, BeamNode(directory / "node") as node:
        config = node.start_pool(
            pools={"default": given.workers},
            refill_ms=given.refill_ms,
            starting=given.starting_ms,
            stopping=given.stopping_ms,
        )
        pool = FixturePool(node, config)
        with pool.open() as driver:
            _until(driver, lambda view: view.serving == given.workers)
            pool.load(callers=given.callers, most_ms=given.most_ms)
            began = time.monotonic()
            note = recycle(pool, driver)
            seconds = time.monotonic() - began
            done, failed, seen = pool.unload()
            after = driver.view()
    looks = sum(seen.values())
    print(f"\n{title}\n  {seconds:.1f} s, {done + len(failed):,} requests, {len(failed):,} failed{note}")
    for message in sorted(set(failed)):
        print(f"    {failed.count(message):,} × “{message.decode()}”")
    spread = ", ".join(f"{count}: {100 * times / looks:.0f} %" for count, times in sorted(seen.items()))
    print(f"  workers that served, in {looks:,} looks on the node: {spread}")
    print(f"  afterwards {after.serving} serve, {len(after.ghosts)} are listed and gone", flush=True)
    return len(failed), min(seen)


def _plainly(pool: FixturePool, driver: PoolDriver) -> str:
    for name in pool.names():
        whole = driver.view().serving
        pool.recycle_past_us(name)
        _until(driver, partial(_replaced, name, whole))
    return ""


def _replaced(name: str, whole: int, view: PoolView) -> bool:
    return view.worker(name) is None and view.serving >= whole


def _until(driver: PoolDriver, right: Callable[[PoolView], bool]) -> None:
    deadline = time.monotonic() + 60
    while not right(driver.view()):
        assert time.monotonic() < deadline, "the pool did not come to where it was waited for"
        time.sleep(0.01)


def _rolling(pool: FixturePool, driver: PoolDriver) -> str:
    report = roll(driver, on_progress=lambda progress: None)
    slowest = max(one.seconds for one in report.recycled)
    return f", {report.unguarded} stops in which one could have; a worker took {slowest:.1f} s at most"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
