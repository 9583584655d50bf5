"""`python -m benchmarks.rolling`: worker processes brought to another version under load, and to one that never works.

The pool is the example deployment's (`examples/deployment/pool`), one process a worker. The number that served is the
supervisor's own record of every change, not what the roll saw.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from migrations_app.pools import Limits, PoolDriver, Release, Strategy, plan_roll, roll
from migrations_app.pools.base import RollStopped
from migrations_app.testing.processes import scratch_directory
from tests.pools.process_pool import BROKEN, NEW, OLD, ProcessPool

SECONDS_BESIDE = 1.0  # of load before and after each roll


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rolling", description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--callers", type=int, default=6, help="users that always have a request under way (6)")
    parser.add_argument("--most-ms", type=int, default=20, help="the longest request (20)")
    parser.add_argument("--starting-ms", type=int, default=500, help="until a new worker is healthy (500)")
    parser.add_argument("--surge", type=int, default=1, help="extra workers (1)")
    parser.add_argument("--max-unavailable", type=int, default=1, help="workers that may be missing (1)")
    parser.add_argument("--soak-seconds", type=float, default=1.0, help="how long a new one proves itself (1)")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds that it may take to get healthy (10)")
    given = parser.parse_args(arguments)
    surging = Strategy(
        surge=given.surge,
        max_unavailable=given.max_unavailable,
        healthy_answers=3,
        soak_seconds=given.soak_seconds,
        limits=Limits(replacement_seconds=given.patience),
    )
    plain = replace(surging, surge=0, max_unavailable=max(1, given.max_unavailable))
    print(f"{os.cpu_count()} cores, everything on this machine, {given.workers} workers, {given.callers} callers")
    slow = {"starting_ms": given.starting_ms}
    room = given.workers + given.surge
    versions = {OLD.version: slow, NEW.version: slow}
    with (
        scratch_directory() as directory,
        ProcessPool(directory, workers=given.workers, most=room, **versions) as pool,
        pool.open() as driver,
    ):
        trials = [
            Trial("to a new version", NEW, surging, NEW),
            Trial("to a version that never gets healthy", BROKEN, surging, NEW),
            Trial("to a version that never gets healthy", BROKEN, plain, NEW),
            Trial("to the version of before", OLD, plain, OLD),
        ]
        good = [trial.run(pool, driver, callers=given.callers, most_ms=given.most_ms) for trial in trials]
    print(
        "\n  (goal: no failed request, never fewer than the stated minimum, all workers on the named version after it)"
    )
    return int(not all(good))


class Trial:
    """`after`: what all workers are to run in the end."""

    def __init__(self, title: str, to: Release, strategy: Strategy, after: Release) -> None:
        self.title, self.to, self.strategy, self.after = title, to, strategy, after

    def run(self, pool: ProcessPool, driver: PoolDriver, *, callers: int, most_ms: int) -> bool:
        least = plan_roll(driver, to=self.to, strategy=self.strategy).minimum
        since = time.time()
        with pool.load(callers=callers, most_ms=most_ms) as load:
            time.sleep(SECONDS_BESIDE)
            began = time.monotonic()
            said = self._roll(driver)
            seconds = time.monotonic() - began
            time.sleep(SECONDS_BESIDE)
        view, served = driver.view(), pool.served(since=since)
        whole = view.serving == view.size == len(view.workers)
        right = whole and {worker.release for worker in view.workers} == {self.after}
        how = f"surge {self.strategy.surge}, at most {self.strategy.max_unavailable} unavailable"
        print(f"\n{self.title} ({how})\n  {said}")
        counts = f"{load.done:,} requests answered, {len(load.failed):,} failed"
        print(f"  {seconds:.1f} s, {counts}; {_by_version(load.served)}")
        for message in sorted(set(load.failed)):
            print(f"    {load.failed.count(message):,} × {message}")
        print(f"  between {min(served)} and {max(served)} workers served, stated minimum {least}")
        verdict = "yes" if right else "NO"
        print(f"  afterwards {view.serving} of {view.size} serve, all on {self.after}: {verdict}", flush=True)
        return right and not load.failed and min(served) >= least

    def _roll(self, driver: PoolDriver) -> str:
        try:
            report = roll(driver, to=self.to, strategy=self.strategy, on_progress=lambda progress: None)
        except RollStopped as stopped:
            return stopped.message
        return f"{len(report.recycled)} workers changed, {report.cut} requests cut"


def _by_version(served: dict[str, int]) -> str:
    return ", ".join(f"{count:,} by {version}" for version, count in sorted(served.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
