"""When a new worker counts: enough healthy answers in a row, over long enough a time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from migrations_app.pools.base import Health, Worker


@dataclass
class Gate:
    """One question to a worker for each look at it, until it has passed. One that serves no more begins again."""

    answers: int
    soak_seconds: float
    ask: Callable[[str], Health]
    monotonic: Callable[[], float]
    _streaks: dict[str, tuple[int, float]] = field(default_factory=dict)
    _passed: set[str] = field(default_factory=set)

    def lacks(self, worker: Worker) -> str:
        """What it still lacks, for people; '' when it has passed and serves."""
        if worker.serves and worker.id in self._passed:
            return ""
        self._passed.discard(worker.id)
        health, now = self.ask(worker.id), self.monotonic()
        if health is not Health.HEALTHY or not worker.serves:
            self._streaks.pop(worker.id, None)
            unready = " and takes no requests" if health is Health.HEALTHY else ""
            return f"the worker {worker.id} is {health}{unready}"
        count, since = self._streaks.get(worker.id, (0, now))
        self._streaks[worker.id] = (count + 1, since)
        if count + 1 < self.answers:
            return f"the worker {worker.id} gave {count + 1} of {self.answers} healthy answers"
        if now - since < self.soak_seconds:
            return f"the worker {worker.id} is healthy for less than {self.soak_seconds:g} s"
        self._passed.add(worker.id)
        return ""
