"""Where a client learns the route from, and how it tells which record it goes by.

A source keeps the newest record, knows which operations still go by an older one, and reports as acknowledged
only what is wholly applied. When the control plane is silent the last record stays in force (fail static).
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.ports import RouteRecord, Routes
from migrations_app.routing.forks import renew_after_fork
from migrations_app.routing.in_flight import InFlight, Slot

Reporter = Callable[[], Mapping[str, int]]
Judge = Callable[[RouteRecord], bool]


class Operation:
    """One operation: enter it for the record that it goes by. Counted as in flight until it is left.

    Written out, not a generator: it is on the path of every request (a generator costs a microsecond more).
    """

    __slots__ = ("_epoch", "_slot", "_source")

    def __init__(self, source: "RouteSource", slot: Slot) -> None:
        self._source = source
        self._slot = slot
        self._epoch = 0

    def __enter__(self) -> RouteRecord:
        source, epochs = self._source, self._slot.epochs
        while True:
            record = source.current()
            epochs.append(record.epoch)
            if source.known is record:
                self._epoch = record.epoch
                return record
            epochs.remove(record.epoch)  # a newer one arrived between the two lines: nobody has seen us yet

    def __exit__(self, *_: object) -> None:
        self._slot.epochs.remove(self._epoch)
        known = self._source.known
        if known is None or known.epoch != self._epoch:
            self._source.wake()


class RouteSource:
    """The newest route record of one process. Safe to share between threads, and inherited by a fork."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._record: RouteRecord | None = None
        self._reporters: list[Reporter] = []
        self._judges: list[Judge] = []
        self._judged: RouteRecord | None = None
        self._servable_epoch = 0
        self._changed = threading.Condition()
        self._in_flight = InFlight()
        renew_after_fork(self)

    def start(self) -> Self:
        """Begin to follow the route. Repeatable: a router calls it in each thread before its first operation."""
        return self

    def close(self) -> None:
        """Stop to follow the route."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def known(self) -> RouteRecord | None:
        return self._record

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

    @property
    def lease_ends(self) -> float:
        """When the lease of this process ends, on the monotonic clock. Without leases: never."""
        return math.inf

    def report_from(self, reporter: Reporter) -> None:
        """Add what `reporter` counts to what the lease reports. Called at each renewal, from another thread."""
        self._reporters.append(reporter)

    def acknowledge_if(self, judge: Judge) -> None:
        """Do not acknowledge a record that `judge` refuses: the control plane does not move on past this process then.

        What was acknowledged before the call stays so.
        """
        with self._changed:
            self._judges.append(judge)
            self._judged = None

    def operation(self) -> Operation:
        """`with source.operation() as record`: the record that one operation goes by."""
        return Operation(self, self._in_flight.slot())

    def acknowledged(self) -> int:
        """The newest epoch that this process can serve under, and that no operation in flight is older than.

        0 before the first record.
        """
        if self._judged is not self._record:
            self._judge()
        return self._in_flight.oldest(self._servable_epoch)

    def handoff_is_over(self, record: RouteRecord) -> bool:
        """Ask now: whether this record is still the newest, and its hand-off's deadline over by the publisher's clock.

        To be asked when it is over by our clock, which is the publisher's for a source in the same process.
        """
        return self.refresh() and self._record == record

    def wait_beyond(self, epoch: int, seconds: float) -> bool:
        """Wait until a record newer than `epoch` is known, at most `seconds`. Returns whether there is one."""
        with self._changed:
            return self._changed.wait_for(lambda: self._record is not None and self._record.epoch > epoch, seconds)

    def wake(self) -> None:
        """An operation that went by an older record has ended: what is acknowledged may have grown."""
        with self._changed:
            self._changed.notify_all()

    def offer(self, record: RouteRecord) -> bool:
        """Take over a record when it is newer than the one known."""
        with self._changed:
            if self._record is not None and record.epoch <= self._record.epoch:
                return False
            self._record = record
            self._changed.notify_all()
            return True

    def _judge(self) -> None:
        with self._changed:
            record = self._judged = self._record
            if record is not None and all(accepts(record) for accepts in self._judges):
                self._servable_epoch = record.epoch

    def after_fork(self) -> None:
        """No operation is under way in the child; the record stays in force until there is a newer one."""
        self._judged = None
        self._changed = threading.Condition()
        self._in_flight = InFlight()


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
