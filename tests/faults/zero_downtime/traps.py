"""Traps: a driver stands still at a named point until it is let go, or is killed there.

Every worker is armed with the same trap; the first one to come there is caught, and once the trap is open nobody is.
"""

from collections.abc import Callable
from pathlib import Path

from tests.faults.deployment import Process
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.rig import Rig


class Trap:
    def __init__(self, rig: Rig, point: str, *, nth: int = 1, name: str = "") -> None:
        self.rig = rig
        self.point = point
        self._nth = nth
        self._gate = rig.directory / f"trap-{name or point}-{nth}"

    @property
    def armed(self) -> str:
        """For a worker's environment; join several with `;`."""
        return f"{self.point}:{self._nth}:wait:{self._gate}"

    @property
    def sprung(self) -> bool:
        """Somebody stands at the point, or stood there."""
        return Path(f"{self._gate}.reached").exists()

    @property
    def caught(self) -> int:
        """The process that stands there."""
        told = self.rig.wait(Path(f"{self._gate}.reached").read_text, 5, f"who stands at {self.point}")
        return int(told)

    def wait(self, seconds: float = 60) -> None:
        self.rig.wait(lambda: self.sprung, seconds, f"a driver to come to {self.point}")

    def open(self) -> None:
        self._gate.touch()


def kill_at(journey: Journey, trap: Trap, *, begin: Callable[[], object] = bool) -> Process:
    """Begin something, and SIGKILL the worker that comes to the trap's point."""
    begin()
    trap.wait()
    driver = next(worker for worker in journey.plane.workers if worker.pid == trap.caught)
    driver.kill()
    trap.open()
    journey.rig.add(killed=1)
    return driver
