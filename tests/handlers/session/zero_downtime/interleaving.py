"""Forcing one thing to happen between two lines of another: drivers that stand at a crash point, and stores that let
something else go first."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from migrations_app.engine.crash_points import armed
from migrations_app.stores.routed.base import RoutedStore
from tests.handlers.session.zero_downtime.world import World

MOST_SECONDS = 120.0  # for what has to happen, on a machine with much else to do


class Before:
    """A store that does something else once, right before one of its methods is called."""

    def __init__(self, store: RoutedStore, method: str, act: Callable[[], object]) -> None:
        self._store, self._method, self._act = store, method, act

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            act, self._act = self._act, lambda: None
            act()
        return getattr(self._store, name)


class Stalled(threading.Thread):
    """A driver that stands at a crash point until `go_on`; `outcome` is what it returned or raised then.

    Only one point is armed at a time, for its next passing: other drivers then pass it.
    """

    def __init__(self, world: World, point: str, drive: Callable[[], Any], gate: Path) -> None:
        super().__init__(daemon=True)
        self._world, self._point, self._drive, self._gate = world, point, drive, gate
        self.outcome: Any = None

    def run(self) -> None:
        try:
            self.outcome = self._drive()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.outcome = error
        finally:
            self._world.close()

    def let_go(self) -> None:
        self._gate.touch()

    def go_on(self) -> Any:
        """What became of it."""
        self.let_go()
        self.join(MOST_SECONDS)
        assert not self.is_alive(), f"the driver does not come back from {self._point}"
        return self.outcome


@contextmanager
def stalled(world: World, point: str, drive: Callable[[], Any], directory: Path) -> Iterator[Stalled]:
    gate = directory / point
    with armed(f"{point}:wait:{gate}"):
        driver = Stalled(world, point, drive, gate)
        driver.start()
        try:
            until(lambda: Path(f"{gate}.reached").exists() or not driver.is_alive())
            assert driver.is_alive(), f"the driver did not come to {point}: {driver.outcome}"
            yield driver
        finally:
            gate.touch()
            driver.join(MOST_SECONDS)


def until(true: Callable[[], bool], seconds: float = MOST_SECONDS) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        threading.Event().wait(0.002)
