"""Where a client learns the route from, and how it tells which record it goes by.

A source keeps the newest record, counts the operations that still go by an older one, and reports as acknowledged
only what is wholly applied. When the control plane is silent the last record stays in force (fail static).
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.ports import RouteRecord, Routes


class RouteSource:
    """The newest route record of one process. Safe to share between threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._record: RouteRecord | None = None
        self._changed = threading.Condition()
        self._in_flight: Counter[int] = Counter()

    def current(self) -> RouteRecord:
        """The newest record known. Raises DependencyUnavailable before the first one arrived."""
        if self._record is None:
            self.refresh()
        if self._record is None:
            raise DependencyUnavailable(
                f"The route “{self.name}” is not known yet: the control plane has not answered this process so far."
            )
        return self._record

    def refresh(self) -> bool:
        """Ask for the record now. Returns whether the control plane answered; never raises for its silence.

        This one, which is only ever offered records, has nobody to ask.
        """
        return False

    @contextmanager
    def operation(self) -> Iterator[RouteRecord]:
        """The record that one operation goes by, counted as in flight until the block ends."""
        self.current()
        with self._changed:
            record = self.current()
            self._in_flight[record.epoch] += 1
        try:
            yield record
        finally:
            with self._changed:
                self._in_flight[record.epoch] -= 1
                if not self._in_flight[record.epoch]:
                    del self._in_flight[record.epoch]
                self._changed.notify_all()

    def acknowledged(self) -> int:
        """The newest epoch that no operation in flight is older than; 0 before the first record."""
        with self._changed:
            newest = self._record.epoch if self._record else 0
            return min([newest, *self._in_flight])

    def wait_beyond(self, epoch: int, seconds: float) -> bool:
        """Wait until a record newer than `epoch` is known, at most `seconds`. Returns whether there is one."""
        with self._changed:
            return self._changed.wait_for(lambda: self._record is not None and self._record.epoch > epoch, seconds)

    def offer(self, record: RouteRecord) -> bool:
        """Take over a record when it is newer than the one known."""
        with self._changed:
            if self._record is not None and record.epoch <= self._record.epoch:
                return False
            self._record = record
            self._changed.notify_all()
            return True


class MemoryRouteSource(RouteSource):
    """Follows a `Routes` port in the same process; each look is fresh."""

    def __init__(self, routes: Routes, name: str) -> None:
        super().__init__(name)
        self._routes = routes

    def current(self) -> RouteRecord:
        self.refresh()
        return super().current() if self._record is None else self._record

    def acknowledged(self) -> int:
        self.refresh()
        return super().acknowledged()

    def refresh(self) -> bool:
        record = self._routes.get(self.name)
        if record is not None:
            self.offer(record)
        return record is not None

    def wait_beyond(self, epoch: int, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        while not super().wait_beyond(epoch, min(0.01, seconds)):
            self.refresh()
            if time.monotonic() >= ends:
                return super().wait_beyond(epoch, 0)
        return True
