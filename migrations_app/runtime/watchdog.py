"""Each worker process's own look at the leases: it takes over what died without the broker (DESIGN section 3).

Recovery never relies on redelivery: a driver that was killed leaves an expired lease, and whoever sees it first
claims it. Work that is due but that nobody took for a while is taken as well, because the broker must be away.
"""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connections

from migrations_app.engine.ports import Clock
from migrations_app.models import Route
from migrations_app.runtime import leases
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.overdue import end_overdue
from migrations_app.runtime.settings import RuntimeSettings

logger = logging.getLogger(__name__)


class Watchdog:
    """`drive` claims the scope and drives it for one slice; it is called in a thread of its own."""

    def __init__(self, drive: Callable[[Scope], object], settings: RuntimeSettings, clock: Clock) -> None:
        self._drive = drive
        self._clock = clock
        self._settings = settings
        self._stop = threading.Event()
        self._free = threading.Semaphore(settings.watchdog_drivers)
        self._under_way: set[Scope] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._wait = settings.watchdog_seconds
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take over nothing more, and wait until the slices under way have ended."""
        self._stop.set()
        self._thread.join()
        for thread in list(self._threads):
            thread.join()

    def look(self) -> int:
        """Start a driver for each abandoned lease, as far as threads are free. Returns how many were started.

        When the system gives no thread, the scope is left as it was, for the next look or another process.
        """
        started = 0
        abandoned = leases.abandoned(self._settings.watchdog_drivers, overdue_seconds=self._settings.resend_seconds)
        for scope in map(Scope.of, abandoned):
            if scope in self._under_way or not self._free.acquire(blocking=False):
                continue
            with self._lock:
                self._under_way.add(scope)
            thread = threading.Thread(target=self._take_over, args=[scope], name=f"watchdog {scope}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the process may have no more of them
                self._let_go(scope)
                logger.exception("%s: no thread could be started for the take-over, trying again", scope)
                break
            self._threads = [*(t for t in self._threads if t.is_alive()), thread]
            started += 1
        return started

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._wait):
                self._round()
        finally:
            connections.close_all()

    def _round(self) -> None:
        """One look at everything. Nothing starts this thread anew, so no failure may end it, nor one duty another."""
        for duty in (self.look, self._end_overdue, self._set_pace):
            try:
                duty()
            except DatabaseError as error:
                logger.warning("the database does not answer, trying again: %s", error)
                connections.close_all()
                return
            except Exception:
                logger.exception("the watchdog failed at one of its duties, trying again")
                connections.close_all()

    def _end_overdue(self) -> None:
        end_overdue(self._clock)

    def _set_pace(self) -> None:
        self._wait = self.pause()

    def pause(self) -> float:
        """Until the next look; short while writes wait somewhere, because an orphaned hand-off must end at once."""
        waiting = Route.objects.filter(handoff_deadline__isnull=False).exists()
        return self._settings.urgent_watchdog_seconds if waiting else self._settings.watchdog_seconds

    def _take_over(self, scope: Scope) -> None:
        try:
            logger.info("taking over %s", scope)
            self._drive(scope)
        except Exception:
            logger.exception("%s: the take-over failed; its lease expires and is tried again", scope)
        finally:
            self._let_go(scope)
            connections.close_all()

    def _let_go(self, scope: Scope) -> None:
        with self._lock:
            self._under_way.discard(scope)
        self._free.release()
