"""What a scenario has at hand: directory, seed, scale, and where it says what it counted and what was wrong."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LOOK_AGAIN_SECONDS = 0.05  # each look is queries of the control database, which the product uses as well


class Rig:
    def __init__(self, number: str, directory: Path, *, seed: int, scale: float, quick: bool = False) -> None:
        self.number = number
        self.directory = directory
        self.seed = seed
        self.scale = scale
        self.quick = quick  # the selection of `make test`: fewer points, shorter waits
        self.chance = random.Random(seed)  # noqa: S311 - a schedule
        self.counts: dict[str, Any] = {}
        self.problems: list[str] = []
        self._about = ""

    def seconds(self, full: float, least: float = 0.0) -> float:
        """A duration of the fault's description, stretched or shrunk by the scale."""
        return max(least, full * self.scale)

    @contextmanager
    def about(self, what: str) -> Iterator[None]:
        """Problems inside are of this variant."""
        before, self._about = self._about, what
        try:
            yield
        except Exception as error:
            error.add_note(f"variant: {what}")
            raise
        finally:
            self._about = before

    def expect(self, holds: object, problem: str) -> bool:
        """Note a problem unless it holds; the scenario goes on, so that one run says all that is wrong."""
        if not holds:
            self.problems.append(f"{self._about}: {problem}" if self._about else problem)
        return bool(holds)

    def count(self, **values: Any) -> None:
        """Replace counts."""
        self.counts.update(values)

    def add(self, **values: float) -> None:
        """Add to counts."""
        for name, value in values.items():
            self.counts[name] = self.counts.get(name, 0) + value

    def most(self, **values: float) -> None:
        """Keep the greatest."""
        for name, value in values.items():
            self.counts[name] = max(self.counts.get(name, value), value)

    def wait(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """The first truthy value. Raises TimeoutError, which ends the scenario as broken."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come true within {seconds:.1f} s")
            time.sleep(LOOK_AGAIN_SECONDS)

    def reaches(self, condition: Callable[[], object], seconds: float, what: str) -> bool:
        """As `wait`, but a deadline passed is a problem, and the scenario goes on."""
        try:
            self.wait(condition, seconds, what)
        except TimeoutError as late:
            return self.expect(False, str(late))
        return True

    def watch(self, seconds: float, act: Callable[[], object] = bool) -> None:
        """Let the world go on for so long; `act` is called again and again meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            act()
            time.sleep(LOOK_AGAIN_SECONDS)
