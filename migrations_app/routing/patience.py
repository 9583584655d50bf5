"""How long one operation waits for its route: full jitter inside a budget, then an error; never a silent drop."""

import random
import threading
import time

from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.sources import RouteSource

FIRST_SECONDS = 0.005
LONGEST_SECONDS = 0.5
LOOK_SECONDS = 0.1  # how soon an operation notices that nobody waits for it any more


class Patience:
    """Of one operation, from `asked_at` on (monotonic; by default now, at its first refusal).

    `abandoned` is set when the caller has gone (cancellation).
    """

    def __init__(
        self, budget_seconds: float, abandoned: threading.Event | None = None, asked_at: float | None = None
    ) -> None:
        self._budget = budget_seconds
        self._ends = (time.monotonic() if asked_at is None else asked_at) + budget_seconds
        self._tries = 0
        self._abandoned = abandoned

    @property
    def left(self) -> float:
        return self._ends - time.monotonic()

    def pause(self, source: RouteSource, record: RouteRecord) -> None:
        """Wait a random part of a growing delay, less when a newer record than `record` arrives.

        Raises WritesAreWaiting when the budget is used up.
        """
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2**self._tries)
        self._tries += 1
        self.wait(source, record, random.uniform(0, longest))  # noqa: S311 - spreads load, hides nothing

    def wait(self, source: RouteSource, record: RouteRecord, seconds: float) -> None:
        """Wait until there is a newer record than `record`, at most `seconds`. Raises WritesAreWaiting like `pause`."""
        if self.left <= 0 or self._given_up():
            raise WritesAreWaiting(
                details={"route": record.name, "epoch": record.epoch, "waited_seconds": self._budget}
            )
        until = time.monotonic() + max(0.0, min(seconds, self.left))
        while (rest := until - time.monotonic()) > 0 and not self._given_up():
            if source.wait_beyond(record.epoch, min(rest, LOOK_SECONDS) if self._abandoned else rest):
                return

    def _given_up(self) -> bool:
        return self._abandoned is not None and self._abandoned.is_set()
