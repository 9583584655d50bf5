"""The thread that keeps a driver's lease alive, as long as the driver itself shows progress.

It stops renewing when the driving thread showed no progress for one batch limit: a worker that hangs loses its
lease like one that died (DESIGN section 3).
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connections

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import Clock, WorkerToken
from migrations_app.runtime import leases
from migrations_app.runtime.settings import RuntimeSettings

logger = logging.getLogger(__name__)


class Heartbeat:
    """Context manager around a drive. The driver calls `alive()` at every sign of progress."""

    def __init__(
        self, worker: WorkerToken, settings: RuntimeSettings, clock: Clock, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._worker = worker
        self._settings = settings
        self._clock = clock
        self._stopping = stopping
        self._progress_at = clock.monotonic()
        self._pace = settings.pace
        self._hurry = threading.Event()  # set: renew now, at another pace
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat {worker.scope}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._hurry.set()
        self._thread.join()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Short leases from now on: clients wait, so a successor must be there within a second (DESIGN section 3)."""
        before, self._pace = self._pace, self._settings.urgent_pace
        self._hurry.set()
        try:
            yield
        finally:
            self._pace = before
            self._hurry.set()

    @property
    def lost(self) -> bool:
        return self._lost.is_set()

    def alive(self) -> None:
        """Raises LeaseLost once the lease is known to be lost, SliceOver when this process is to stop."""
        if self._lost.is_set():
            raise LeaseLost()
        self._progress_at = self._clock.monotonic()
        if self._stopping():
            raise SliceOver

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._hurry.wait(self._pace.renew_seconds)
                self._hurry.clear()
                if not self._ended.is_set() and not self._renew():
                    return
        finally:
            connections.close_all()

    def _renew(self) -> bool:
        """False when there is nothing left to renew."""
        silent = self._clock.monotonic() - self._progress_at
        if silent > self._pace.batch_limit_seconds:
            logger.error("%s: no progress for %.0f s; the lease is left to expire", self._worker.scope, silent)
            return True  # a driver that wakes up in time goes on
        try:
            if leases.renew(self._worker, self._pace.lease_seconds):
                return True
        except DatabaseError as error:  # the next beat tries again; without one, the lease expires by itself
            logger.warning("%s: lease not renewed: %s", self._worker.scope, error)
            connections.close_all()  # this thread's own; a broken one would fail every later beat as well
            return True
        logger.warning("%s: lease lost", self._worker.scope)
        self._lost.set()
        return False
