"""The session router: what a user's own service calls instead of its store.

Each operation goes to the store that has the authority for the session's bucket, under the epoch that the route
record names. While a switch is under way writes wait here, inside the caller's retry budget; beyond it the caller
gets `WritesAreWaiting`, never a silent loss.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter_ns
from typing import Any, Self, TypeVar

from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.admission import Admission
from migrations_app.routing.changing import Changing
from migrations_app.routing.desks import Desk, Desks
from migrations_app.routing.errors import SessionChanged, SessionExists, SessionMissing, StoreNotConfigured
from migrations_app.routing.patience import Patience
from migrations_app.routing.sources import RouteSource
from migrations_app.routing.tally import counters
from migrations_app.routing.ways import Way, missing_stores, ways_of
from migrations_app.stores.routed.base import Condition, Fenced, Guard, RoutedStore, WriteOutcome, Written, bucket_of
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions.base import FenceClass
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

LOG = logging.getLogger(__name__)
Result = TypeVar("Result")
OpenStore = Callable[[Mapping[str, Any], Mapping[str, str]], RoutedStore]
Change = Callable[[SessionRecord], bytes | SessionRecord | None]
Call = Callable[[Desk, RoutedStore, Way], Result]
FENCES = {True: "store_fence_write", False: "store_fence_read"}
REFUSALS = {
    WriteOutcome.EXISTS: SessionExists,
    WriteOutcome.MISSING: SessionMissing,
    WriteOutcome.CHANGED: SessionChanged,
}


class SessionRouter:
    """Safe to share between threads, and inherited by a fork; each thread has connections of its own.

    `stores` maps target names (or the route's sides, a and b) to configurations, `secrets` likewise. Names are better:
    a store that has taken over is side a of the next migration. Times are milliseconds since the
    Unix epoch. `fence_class` LEASE_ONLY says that the stores cannot refuse an outdated client: without a valid
    lease nothing is read or written then (`LeaseExpired`). Otherwise the last record stays in force.

    Every operation raises `WritesAreWaiting` when the route did not let it through within the budget: nothing was
    read or written. A store's own error (DependencyUnavailable) passes through unchanged and is not retried here:
    a write whose answer was lost may have taken effect, and the caller reads the session before it writes again.
    """

    def __init__(
        self,
        source: RouteSource,
        stores: Mapping[str, Mapping[str, Any]],
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        codec: Codec = Codec.OPAQUE,
        retry_budget_seconds: float = 30.0,
        fence_class: FenceClass = FenceClass.NATIVE,
        open_store: OpenStore = open_routed,
    ) -> None:
        self.source = source
        self._codec = codec
        self._budget = retry_budget_seconds
        self._admission = Admission(source, fail_closed=fence_class is not FenceClass.NATIVE)
        self._places = frozenset(stores)
        self._ways: tuple[RouteRecord | None, Sequence[Way]] = (None, ())
        self._missing: list[str] = []
        known_secrets = secrets or {}

        def opened(place: str) -> RoutedStore:
            if place not in stores:
                raise StoreNotConfigured(
                    f"The route leads to the store “{place}”, for which this process has no configuration; nothing was "
                    "read or written.",
                    details={"store": place, "configured": sorted(stores)},
                ) from None
            return open_store(stores[place], known_secrets.get(place, {}))

        self._desks = Desks(opened, source.start)
        self._changing = Changing()
        self.kinds = frozenset(str(config.get("store", "")) for config in stores.values())
        source.report_from(self.counters)
        source.acknowledge_if(self._can_serve)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads; not while an operation is under way. A later operation opens anew.

        The source may serve others and goes on: who made it closes it.
        """
        self._desks.close()

    def ready(self) -> RouteRecord:
        """The record in force; this process is registered when it returns. Raises DependencyUnavailable."""
        return self.source.start().current()

    def counters(self) -> dict[str, int]:
        """Operations, errors, fenced, retries, slowest_us, p99_us (what routing adds), and what a store minted last:
        `max_acked_seq_<side>`, and `max_acked_seq` of the sides that are an authority now.
        """
        counted = counters(self._desks.tallies())
        known = self.source.known
        sides = {part.authority for part in known.ranges} if known else set()
        newest = max((counted.get(f"max_acked_seq_{side}", 0) for side in sides), default=0)
        return counted | {"max_acked_seq": newest}

    def get(self, session_id: str) -> SessionRecord | None:
        """The session, None when there is none or it has expired."""
        return self._operate(session_id, lambda _, store, way: store.read(session_id, way.guard), writes=False)

    def set(
        self,
        session_id: str,
        value: bytes,
        *,
        ttl_ms: int | None = None,
        expires_at_ms: int | None = None,
        must_create: bool = False,
        must_exist: bool = False,
        expected: Version | None = None,
        created_at_ms: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> SessionRecord:
        """Create or replace; the session as the store holds it now.

        `ttl_ms` makes the deadline slide with each touch; else `expires_at_ms` is fixed (None: never). Raises
        SessionExists (`must_create`), SessionMissing (`must_exist`), SessionChanged when the session has another
        version than `expected`. A version tells changes apart only while the route is fenced.
        """
        if must_create and must_exist:
            raise ValueError("a session cannot be required to be there and not to be there")
        session = SessionRecord(
            id=session_id,
            value=value,
            codec=self._codec,
            created_at_ms=created_at_ms,
            last_accessed_at_ms=_now_ms(),
            ttl_ms=ttl_ms,
            expires_at_ms=expires_at_ms,
            extra=extra or {},
        )
        condition = Condition.ABSENT if must_create else Condition.PRESENT if must_exist else Condition.ANY
        return _stored(session, self._write(session, condition, expected))

    def touch(self, session_id: str, ttl_ms: int | None = None) -> bool:
        """Move a sliding deadline to now + ttl (the session's own by default). False when there is no session."""

        def touch(desk: Desk, store: RoutedStore, way: Way) -> Written:
            return _noted(desk, way, store.touch(session_id, way.guard, ttl_ms))

        return self._operate(session_id, touch, writes=True).outcome is WriteOutcome.WRITTEN

    def delete(self, session_id: str) -> bool:
        """End a session. False when there was none."""
        return self._operate(session_id, lambda _, store, way: store.delete(session_id, way.guard), writes=True)

    def update(self, session_id: str, change: Change) -> SessionRecord | None:
        """Read, change and write back only if nobody else wrote meanwhile; else again, inside the budget.

        `change` gets the session and returns its new value, or a whole record, or None to leave it as it is; it may
        be called several times. Returns the session as it is afterwards, None when there is none. Raises
        SessionChanged when others keep writing. Without fences the comparison is exact between the threads of this
        process; another process may write between the last look and the write, as it may without a router.
        """
        patience: Patience | None = None
        while True:
            found = self.get(session_id)
            changed = change(found) if found is not None else None
            if found is None or changed is None:
                return found
            session = replace(found, value=changed) if isinstance(changed, bytes) else changed
            session = replace(session, id=session_id, last_accessed_at_ms=_now_ms())
            written = self._operate(session_id, self._comparing(session, found), writes=True)
            if written.outcome is WriteOutcome.WRITTEN:
                return _as_written(session, written)
            if written.outcome is WriteOutcome.MISSING:
                return None
            patience = patience or self._patience(self._desks.mine())
            if patience.left <= 0:
                raise SessionChanged
            patience.pause(self.source, self.source.current())

    @contextmanager
    def asked_elsewhere(self, abandoned: threading.Event, asked_at: float) -> Iterator[None]:
        """Inside the block this thread works for a caller that waits in another one.

        Its operations stop waiting for their route once `abandoned` is set, and their budget counts from `asked_at`,
        on the monotonic clock.
        """
        desk = self._desks.mine()
        desk.abandoned, desk.asked_at = abandoned, asked_at
        try:
            yield
        finally:
            desk.abandoned = desk.asked_at = None

    def _write(self, session: SessionRecord, condition: Condition, expected: Version | None) -> Written:
        def write(desk: Desk, store: RoutedStore, way: Way) -> Written:
            _prepare(desk, way, session)
            written = store.write(
                session, way.guard, lifetime_ms=session.ttl_ms, condition=condition, expected=expected
            )
            return _noted(desk, way, written)

        return self._operate(session.id, write, writes=True)

    def _comparing(self, session: SessionRecord, found: SessionRecord) -> Call[Written]:
        def write(desk: Desk, store: RoutedStore, way: Way) -> Written:
            _prepare(desk, way, session)
            return _noted(desk, way, self._changing.write(store, way.guard, session, found))

        return write

    def _operate(self, session_id: str, call: Call[Result], *, writes: bool) -> Result:
        began, in_store = perf_counter_ns(), 0
        desk, bucket = self._desks.mine(), bucket_of(session_id)
        patience: Patience | None = None
        try:
            while True:
                refusal: Fenced | None = None
                with self.source.operation() as record:
                    way = self._way(record, bucket)
                    store = desk.store(way.place)
                    if self._admission.may_begin(record, way, store, writes=writes):
                        asked = perf_counter_ns()
                        try:
                            result = call(desk, store, way)
                            in_store = perf_counter_ns() - asked
                            return result
                        except Fenced as fenced:
                            if not guard_is_on(FENCES[writes]):
                                return _past_the_fence(partial(call, desk, store), way, fenced.fence)
                            refusal = fenced
                patience = patience or self._patience(desk)
                self._wait(desk, record, way, refusal, patience)
        except Exception:
            desk.tally.errors += 1
            raise
        finally:
            desk.tally.add(perf_counter_ns() - began - in_store)

    def _patience(self, desk: Desk) -> Patience:
        return Patience(self._budget, desk.abandoned, desk.asked_at)

    def _wait(self, desk: Desk, record: RouteRecord, way: Way, refusal: Fenced | None, patience: Patience) -> None:
        desk.tally.retries += 1
        desk.tally.fenced += refusal is not None
        self._admission.wait(record, way, desk.store(way.place), refusal, patience)

    def _can_serve(self, record: RouteRecord) -> bool:
        """Found out before a switch, while the stores that are configured still serve."""
        missing = missing_stores(record, self._places)
        if missing and missing != self._missing:
            LOG.error(
                "route %s: epoch %s is not acknowledged, because it needs %s and `stores` configures %s only",
                record.name,
                record.epoch,
                ", ".join(missing),
                ", ".join(sorted(self._places)),
            )
        self._missing = missing
        return not missing

    def _way(self, record: RouteRecord, bucket: int) -> Way:
        known, ways = self._ways
        if known is not record:
            ways = ways_of(record, self._places)
            self._ways = (record, ways)
        return ways[bucket]


def _prepare(desk: Desk, way: Way, session: SessionRecord) -> None:
    if way.guard is None and (session.ttl_ms is not None or session.extra):
        desk.keep_beside(way.place)


def _noted(desk: Desk, way: Way, written: Written) -> Written:
    if way.guard is not None and written.outcome is WriteOutcome.WRITTEN:
        desk.tally.acknowledge(way.authority, written.version.seq)
    return written


def _past_the_fence(call: Callable[[Way], Result], way: Way, fence: int) -> Result:
    """What a store without fences would have done; for the tests that take this guard away."""
    while True:
        try:
            return call(way._replace(guard=Guard(fence, journaled=way.guard is not None and way.guard.journaled)))
        except Fenced as again:
            fence = again.fence


def _stored(session: SessionRecord, written: Written) -> SessionRecord:
    """Raises what the outcome stands for."""
    if written.outcome is not WriteOutcome.WRITTEN:
        raise REFUSALS[written.outcome]
    return _as_written(session, written)


def _as_written(session: SessionRecord, written: Written) -> SessionRecord:
    """With the deadline and version that the store gave it. Spelled out: `replace` takes twice the time."""
    return SessionRecord(
        session.id,
        session.value,
        session.codec,
        session.created_at_ms,
        session.last_accessed_at_ms,
        session.ttl_ms,
        written.expires_at_ms,
        session.extra,
        written.version,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
