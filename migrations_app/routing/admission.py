"""Whether an operation may begin under a record, and what is learned where it may not (PROTOCOL 5.4)."""

import logging
from datetime import UTC, datetime
from time import monotonic

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.errors import LeaseExpired
from migrations_app.routing.leases import LEASE_SECONDS
from migrations_app.routing.patience import Patience
from migrations_app.routing.record import read
from migrations_app.routing.sources import RouteSource
from migrations_app.routing.ways import Way
from migrations_app.stores.routed.base import Fenced, RoutedStore

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 1.0  # a client whose lease has run out looks at its store that often before it goes on without fences
WAITING_LOOK_SECONDS = 0.02  # and one whose write waits that often
LEAST_WAIT_SECONDS = 0.2  # each end of such a wait is a question to the control plane


class Admission:
    """Shared by the threads of a router. `fail_closed`: without a valid lease nothing begins."""

    def __init__(self, source: RouteSource, *, fail_closed: bool) -> None:
        self._source = source
        self._fail_closed = fail_closed
        self._looked_until = 0.0
        self._ask_at = 0.0

    def may_begin(self, record: RouteRecord, way: Way, store: RoutedStore, *, writes: bool) -> bool:
        """Raises LeaseExpired."""
        if way.guard is None or self._fail_closed:
            now = monotonic()
            if now >= self._source.lease_ends and not self._without_lease(record, store, now):
                return False
        return not (writes and way.waits) or self._may_write(record)

    def wait(
        self, record: RouteRecord, way: Way, store: RoutedStore, refusal: Fenced | None, patience: Patience
    ) -> None:
        """After an operation that did not begin, or was refused. Raises WritesAreWaiting beyond the budget."""
        if refusal is not None:
            if not self._learn(refusal.document) and not self._moved_on(record):
                self._source.refresh()
            patience.pause(self._source, record)
        elif record.fenced:
            patience.wait(self._source, record, WAITING_LOOK_SECONDS)
            if way.waits and not self._moved_on(record):
                self._look(store)
        else:
            patience.wait(self._source, record, self._until_deadline(record, patience))

    def _without_lease(self, record: RouteRecord, store: RoutedStore, now: float) -> bool:
        """A store with fences refuses an outdated client, except one that goes by a record from before the fences.

        So that one looks whether the store has joined a route meanwhile. One that has left it again mirrors nothing:
        whether that has happened only the control plane can tell. When that is silent too, the client goes on.
        """
        if self._fail_closed:
            raise LeaseExpired(details={"route": record.name, "epoch": record.epoch})
        if now >= self._looked_until:
            self._look(store)
            if now >= self._ask_at and not self._moved_on(record) and not self._source.refresh():
                # Silence costs this operation seconds. A lease renewed after it runs out after this time too.
                self._ask_at = now + LEASE_SECONDS
            self._looked_until = now + LOOK_SECONDS
        return not self._moved_on(record)

    def _may_write(self, record: RouteRecord) -> bool:
        """Without fences writes wait in a hand-off until its deadline; no switch is published after it.

        That is only believed when the control plane says so now: our own clock may be ahead, and there may be another
        record. With fences an aborted hand-off publishes a record of its own, and writes wait for that.
        """
        if record.fenced or record.handoff_deadline is None or datetime.now(UTC) <= record.handoff_deadline:
            return False
        return self._source.handoff_is_over(record)

    def _until_deadline(self, record: RouteRecord, patience: Patience) -> float:
        seconds = patience.left
        if record.handoff_deadline is not None:
            seconds = min(seconds, (record.handoff_deadline - datetime.now(UTC)).total_seconds())
        return max(LEAST_WAIT_SECONDS, seconds)

    def _moved_on(self, record: RouteRecord) -> bool:
        known = self._source.known
        return known is not None and known.epoch > record.epoch

    def _look(self, store: RoutedStore) -> None:
        """At the record that the store mirrors. A store that does not answer says so at the operation itself."""
        try:
            self._learn(store.mirrored())
        except MigrationError as error:
            LOG.info("route %s: the mirrored record could not be read (%s)", self._source.name, error.code)

    def _learn(self, document: str) -> bool:
        """Whether the document held a newer record of this route."""
        if not document:
            return False
        try:
            record = read(document, self._source.name)
        except ValueError as error:
            LOG.warning("route %s: a store mirrors no route record (%s)", self._source.name, error)
            return False
        return record.name == self._source.name and self._source.offer(record)
