"""`python -m benchmarks.upgrade`: eight worker processes upgraded under load, to a version that never works, to one
that does, and back.

The steps of the migration type `version_upgrade` over real files and the example deployment's pool, driven by the
engine's own executor. The number of workers that served is the supervisor's own record of every change.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.driving import LocalRun
from tests.handlers.config.places import BEFORE
from tests.handlers.upgrade.places import Upgrade, service

SECONDS_BESIDE = 1.0  # of load before and after each run
ILL = "0.12.0"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upgrade", description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--callers", type=int, default=6, help="users that always have a request under way (6)")
    parser.add_argument("--most-ms", type=int, default=20, help="the longest request (20)")
    parser.add_argument("--starting-ms", type=int, default=500, help="until a new worker is healthy (500)")
    given = parser.parse_args(arguments)
    slow = {"starting_ms": given.starting_ms}
    versions = {"0.8.8": slow, "0.13.0": slow, ILL: {"healthy": False}}
    print(f"{os.cpu_count()} cores, everything on this machine, {given.workers} workers, {given.callers} callers")
    with service(workers=given.workers, **versions) as upgrade:
        upgrade.parameters = {"healthy_answers": 3, "soak_seconds": 1, "start_seconds": 10}
        trial = Trial(upgrade, given.callers, given.most_ms)
        good = [trial.forth("to a version that never gets healthy", ILL, RunState.ROLLED_BACK, "0.8.8")]
        run = upgrade.begin()
        good.append(trial.watch("to 0.13.0", run, RunState.SUCCEEDED, "0.13.0"))
        back = upgrade.begin(kind=RunKind.ROLLBACK, run_id=2, undoes=run)
        good.append(trial.watch("rolled back", back, RunState.ROLLED_BACK, "0.8.8"))
        same = upgrade.contents == BEFORE
    print(f"\n  configuration afterwards byte for byte as before: {'yes' if same else 'NO'}")
    print("  (goal: no failed request, never fewer than the stated minimum)")
    return int(not (all(good) and same))


class Trial:
    def __init__(self, upgrade: Upgrade, callers: int, most_ms: int) -> None:
        self.upgrade, self.callers, self.most_ms = upgrade, callers, most_ms

    def forth(self, title: str, version: str, ends: RunState, after: str) -> bool:
        asked = self.upgrade.parameters
        self.upgrade.parameters = {**asked, "to_version": version}
        run = self.upgrade.begin()
        self.upgrade.parameters = asked
        return self.watch(title, run, ends, after)

    def watch(self, title: str, run: LocalRun, ends: RunState, after: str) -> bool:
        pool = self.upgrade.pool
        minimum = int(str(run.plan.step("roll").parameters["minimum"]))
        since = time.time()
        with pool.load(callers=self.callers, most_ms=self.most_ms) as load:
            time.sleep(SECONDS_BESIDE)
            began = time.monotonic()
            view = run.finish()
            seconds = time.monotonic() - began
            time.sleep(SECONDS_BESIDE)
        served, releases = pool.served(since=since), self.upgrade.releases
        print(f"\n{title}: the run {view.state} after {seconds:.1f} s")
        print(f"  {load.done:,} requests answered, {len(load.failed):,} failed")
        print(f"  between {min(served)} and {max(served)} workers served, stated minimum {minimum}")
        print(f"  afterwards all workers run {', '.join(sorted(releases))}", flush=True)
        return view.state is ends and not load.failed and min(served) >= minimum and releases == {after}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
