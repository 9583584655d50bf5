"""A session client that follows its route: what a user's own service calls instead of its store.

Reads and writes go to the store that has the authority. While a switch asks writes to wait they wait here, inside
the caller's retry budget; beyond it the caller gets `WritesAreWaiting`, never a silent loss.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost
from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.routing.record import WRITES_WAIT
from migrations_app.routing.sources import RouteSource
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord

Result = TypeVar("Result")
# One scope for all clients, whose token never grows: neither a client nor a migration refuses a client's writes.
CLIENTS = WorkerToken("client", 1)


class WritesAreWaiting(DependencyUnavailable):
    """A switch of this route is under way and took longer than this request can wait; try again."""

    code = "writes_are_waiting"
    recovery_actions = (
        "Answer 503 with Retry-After.",
        "Try again shortly.",
    )


class SessionClient:
    """Not thread-safe: one per thread, over one shared `RouteSource`.

    `stores` maps the route's sides to target configurations, `secrets` likewise. Times are milliseconds since the
    Unix epoch. Store errors (DependencyUnavailable) are the store's own and pass through.
    """

    def __init__(
        self,
        route: RouteSource,
        stores: Mapping[str, Mapping[str, Any]],
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        codec: Codec = Codec.OPAQUE,
        retry_budget_seconds: float = 30.0,
    ) -> None:
        self._route = route
        self._configs = stores
        self._secrets = secrets or {}
        self._codec = codec
        self._budget = retry_budget_seconds
        self._open: dict[str, SessionStore] = {}
        self._writer = CLIENTS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def get(self, session_id: str) -> SessionRecord | None:
        """The session, None when there is none or it has expired."""
        with self._route.operation() as record:
            return self._store(record.authority).read([session_id])[0]

    def set(
        self, session_id: str, value: bytes, *, ttl_ms: int | None = None, expires_at_ms: int | None = None
    ) -> SessionRecord:
        """Create or replace. `ttl_ms` makes the deadline slide with each touch; else `expires_at_ms` is fixed."""
        now = _now_ms()
        session = SessionRecord(
            id=session_id,
            value=value,
            codec=self._codec,
            last_accessed_at_ms=now,
            ttl_ms=ttl_ms,
            expires_at_ms=now + ttl_ms if ttl_ms is not None else expires_at_ms,
        )
        self._write(lambda store: store.apply([session], self._writer))
        return session

    def touch(self, session_id: str, ttl_ms: int | None = None) -> bool:
        """Move a sliding deadline to now + ttl (the session's own by default). False when there is no session."""

        def extend(store: SessionStore) -> bool:
            session = store.read([session_id])[0]
            if session is None:
                return False
            length = ttl_ms if ttl_ms is not None else session.ttl_ms
            now = _now_ms()
            moved = replace(
                session,
                last_accessed_at_ms=now,
                expires_at_ms=now + length if length is not None else session.expires_at_ms,
                version=UNVERSIONED,
            )
            store.apply([moved], self._writer)
            return True

        return self._write(extend)

    def delete(self, session_id: str) -> bool:
        """End a session. False when there was none."""
        return self._write(lambda store: store.delete([session_id], self._writer)) > 0

    def _write(self, write: Callable[[SessionStore], Result]) -> Result:
        ends = time.monotonic() + self._budget
        while True:
            with self._writable() as record:
                if record is not None:
                    store = self._store(record.authority)
                    try:
                        return write(store)
                    except LeaseLost:
                        # A roll-back dropped the fences that this client was known by; nothing was written yet.
                        store.raise_worker_fence(self._writer)
                        return write(store)
            waiting = self._route.current()
            if time.monotonic() >= ends:
                raise WritesAreWaiting(
                    details={"route": waiting.name, "epoch": waiting.epoch, "waited_seconds": self._budget}
                )
            self._wait(waiting, ends)

    @contextmanager
    def _writable(self) -> Iterator[RouteRecord | None]:
        """The record that a write goes by, None while writes wait."""
        with self._route.operation() as record:
            yield record if self._may_write(record) else None

    def _may_write(self, record: RouteRecord) -> bool:
        """Writes wait in a hand-off until its deadline; no switch is published after it, so the authority stays.

        That is only believed when the control plane answers now, with this same record.
        """
        if record.phase not in WRITES_WAIT:
            return True
        if record.handoff_deadline is None or datetime.now(UTC) <= record.handoff_deadline:
            return False
        return self._route.refresh() and self._route.current() == record

    def _wait(self, record: RouteRecord, ends: float) -> None:
        seconds = ends - time.monotonic()
        if record.handoff_deadline is not None:
            seconds = min(seconds, (record.handoff_deadline - datetime.now(UTC)).total_seconds())
        self._route.wait_beyond(record.epoch, max(0.05, seconds))

    def _store(self, side: str) -> SessionStore:
        store = self._open.get(side)
        if store is None:
            store = open_store(self._configs[side], self._secrets.get(side, {}))
            store.raise_worker_fence(self._writer)
            self._open[side] = store
        return store


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
