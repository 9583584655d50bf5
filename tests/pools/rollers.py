"""Drivers that lose an answer or die at a call, and a roller in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.pools import PoolDriver, open_pool
from migrations_app.pools.base import Release
from migrations_app.pools.roll_report import Checkpoint, RollProgress
from migrations_app.pools.rolling import roll
from migrations_app.pools.strategy import Limits, Strategy

CHANGES = frozenset({"hold", "release", "recycle", "retire", "start", "adopt"})
QUICK = Strategy(limits=Limits(poll_seconds=0.02, replacement_seconds=90))
# Long enough for a worker to start on a machine with much to do.
IMPATIENT = Strategy(limits=Limits(poll_seconds=0.02, replacement_seconds=5, idle_seconds=1, spare_seconds=5))


def releases(driver: PoolDriver) -> list[tuple[Release | None, bool]]:
    """Of each worker, and whether it is an extra one."""
    return [(worker.release, worker.extra) for worker in driver.view().workers]


def all_run(driver: PoolDriver, release: Release, workers: int) -> None:
    """So many, no extra one, all serve, and the pool says that this is its release."""
    view = driver.view()
    assert releases(driver) == [(release, False)] * workers
    assert (view.serving, view.size) == (workers, workers)
    assert driver.probe().release == release


class Calling:
    """A driver that tells `before` and `after` of each call that changes something: its name and number, from 1."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.number = 0

    def before(self, name: str, number: int) -> None: ...

    def after(self, name: str, number: int) -> None: ...

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._driver, name)
        if name not in CHANGES:
            return call

        def told(*given: Any, **named: Any) -> Any:
            self.number += 1
            number = self.number
            self.before(name, number)
            answer = call(*given, **named)
            self.after(name, number)
            return answer

        return told


class Losing(Calling):
    """The answer of the first call of each name is lost: it took effect, and nobody knows."""

    def __init__(self, driver: Any) -> None:
        super().__init__(driver)
        self.lost: list[str] = []

    def after(self, name: str, number: int) -> None:
        if name not in self.lost:
            self.lost.append(name)
            raise DependencyUnavailable("The answer was lost.")


class Dying(Calling):
    def __init__(self, driver: Any, at: int) -> None:
        super().__init__(driver)
        self._at = at

    def before(self, name: str, number: int) -> None:
        if number == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def die_at(call: int, *, config: dict[str, Any], to: Release, strategy: Strategy, kept: Path) -> int:
    """Roll in a process that kills itself before its call of this number; its checkpoints are kept in that file.
    Returns how the process ended: -9 when it came so far."""
    wish = {"at": call, "config": config, "to": to.as_dict(), "strategy": strategy.as_dict(), "kept": str(kept)}
    return subprocess.run([sys.executable, "-m", "tests.pools.rollers", json.dumps(wish)], check=False).returncode


def checkpoint_in(kept: Path) -> Checkpoint | None:
    return Checkpoint.from_dict(json.loads(kept.read_text())) if kept.exists() else None


def main(wish: dict[str, Any]) -> None:
    kept = Path(wish["kept"])

    def keep(progress: RollProgress) -> None:
        fresh = kept.with_suffix(".new")
        fresh.write_text(json.dumps(progress.checkpoint.as_dict()))
        fresh.replace(kept)

    with open_pool(wish["config"], {}) as driver:
        dying: Any = Dying(driver, wish["at"])
        roll(dying, to=Release(**wish["to"]), strategy=Strategy.from_dict(wish["strategy"]), on_progress=keep)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
