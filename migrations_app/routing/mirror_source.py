"""Learning the route from the record that the stores mirror beside their fences: no control plane is needed.

Such a client holds no lease, so the control plane neither sees nor waits for it; the stores' fences keep it honest.
Use it where a control plane cannot be reached, and as the `mirror` of an `HttpRouteSource`.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.record import read
from migrations_app.routing.sources import RouteSource
from migrations_app.stores.routed.base import RoutedStore

LOG = logging.getLogger(__name__)
POLL_SECONDS = 2.0
WAITING_POLL_SECONDS = 0.05
FRESH_SECONDS = 0.05  # a look costs a connection to each store


class StoreMirrorSource(RouteSource):
    """`store_openers` open the route's stores, one call one store; each look opens, reads and closes them.

    With a `name` only that route's record counts. The newest record of all stores that answer is taken. There is no
    thread: an operation looks first when the last look is `poll_seconds` old, and a waiting one looks more often.
    """

    def __init__(
        self, store_openers: Sequence[Callable[[], RoutedStore]], name: str = "", *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        super().__init__(name)
        self._openers = tuple(store_openers)
        self._any = not name
        self._poll = poll_seconds
        self._look_at = -math.inf
        self._looked_at = -math.inf
        self._answered = False
        self._looking = threading.Lock()

    @property
    def lease_ends(self) -> float:
        """There is no lease: a router with LEASE_ONLY stores serves nothing from here."""
        return -math.inf

    def current(self) -> RouteRecord:
        if time.monotonic() >= self._look_at and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return super().current()

    def refresh(self) -> bool:
        """Whether at least one store answered with a record.

        One look at a time: who comes while another looks, or right after, takes that one's answer.
        """
        asked_at = time.monotonic()
        with self._looking:
            return self._answered if asked_at - self._looked_at < FRESH_SECONDS else self._look()

    def wait_beyond(self, epoch: int, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        while not super().wait_beyond(epoch, max(0.0, min(WAITING_POLL_SECONDS, ends - time.monotonic()))):
            if time.monotonic() >= ends:
                return False
            self.refresh()
        return True

    def after_fork(self) -> None:
        super().after_fork()
        self._looking = threading.Lock()

    def _look(self) -> bool:
        self._look_at = time.monotonic() + self._poll
        answers = [self._ask(opener) for opener in self._openers]
        self._answered = any(answers)
        self._looked_at = time.monotonic()
        return self._answered

    def _ask(self, opener: Callable[[], RoutedStore]) -> bool:
        try:
            with opener() as store:
                document = store.mirrored()
            record = read(document, self.name) if document else None
        except MigrationError as error:
            LOG.info("a store of route %s does not answer (%s)", self.name, error.code)
            return False
        except ValueError as error:
            LOG.warning("a store of route %s mirrors no route record (%s)", self.name, error)
            return False
        if record is None or not (self._any or record.name == self.name):
            return False
        self.name = record.name
        self.offer(record)
        return True
