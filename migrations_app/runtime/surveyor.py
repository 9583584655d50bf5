"""The thread of each worker process that reads the targets of live runs, beside whatever drives them."""

import logging
import threading

from django.db import DatabaseError, connections

from migrations_app.engine.ports import Clock
from migrations_app.runtime import impact

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Surveyor:
    def __init__(self, clock: Clock, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._clock = clock
        self._look_seconds = look_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="surveyor", daemon=True)

    def start(self) -> None:
        """Starts nothing where sampling is switched off."""
        if impact.is_on():
            self._thread.start()

    def stop(self) -> None:
        """Returns when the look under way has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._look_seconds):
                self._look()
        finally:
            connections.close_all()

    def _look(self) -> None:
        """Nothing starts this thread anew, so no failure may end it."""
        try:
            impact.look_due(self._clock)
        except DatabaseError as error:
            logger.warning("the database does not answer, targets are read later: %s", error)
            connections.close_all()
        except Exception:
            logger.exception("the targets of runs could not be read, trying again")
            connections.close_all()
