"""The session router for asyncio: the same operations, in bounded pools of threads."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.forks import renew_after_fork
from migrations_app.routing.router import Change, SessionRouter
from migrations_app.stores.sessions.records import SessionRecord, Version

Result = TypeVar("Result")
THREADS = 8
WRITE_QUEUE = 1000  # a hand-over holds writes back for up to two seconds; their values are in memory meanwhile


class AsyncSessionRouter:
    """One per process, over one `SessionRouter`; usable from several event loops. `close` leaves the source alone.

    Reads have `threads` threads and writes as many again, so that writes which wait for their route do not keep reads
    waiting. `write_queue` more writes wait for a thread; beyond that they raise `WritesAreWaiting` at once. The retry
    budget counts from the call, the wait for a thread included.

    **Cancellation.** An operation that has not begun is dropped: nothing happens. One that has begun runs to its end
    before the CancelledError goes on, so nothing of it takes effect later; one that waits for its route gives up
    instead of trying again. Whether a cancelled write took effect is not told, as with a lost connection: read the
    session before writing it again. The wait is as long as one call of the store takes.
    """

    def __init__(self, router: SessionRouter, *, threads: int = THREADS, write_queue: int = WRITE_QUEUE) -> None:
        self._router = router
        self.source = router.source
        self._threads = threads
        self._most_writes = threads + write_queue
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """A pool's threads do not survive a fork."""
        self._reading, self._writing = (
            ThreadPoolExecutor(self._threads, thread_name_prefix=f"session-{what}-{os.getpid()}")
            for what in ("reads", "writes")
        )
        self._room = threading.Semaphore(self._most_writes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the operations under way, then end the threads and their connections."""
        for pool in (self._reading, self._writing):
            await asyncio.to_thread(pool.shutdown)
        self._router.close()

    async def ready(self) -> RouteRecord:
        return await self._read(self._router.ready)

    def counters(self) -> dict[str, int]:
        return self._router.counters()

    async def get(self, session_id: str) -> SessionRecord | None:
        return await self._read(lambda: self._router.get(session_id))

    async def set(
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
        return await self._write(
            lambda: self._router.set(
                session_id,
                value,
                ttl_ms=ttl_ms,
                expires_at_ms=expires_at_ms,
                must_create=must_create,
                must_exist=must_exist,
                expected=expected,
                created_at_ms=created_at_ms,
                extra=extra,
            )
        )

    async def touch(self, session_id: str, ttl_ms: int | None = None) -> bool:
        return await self._write(lambda: self._router.touch(session_id, ttl_ms))

    async def delete(self, session_id: str) -> bool:
        return await self._write(lambda: self._router.delete(session_id))

    async def update(self, session_id: str, change: Change) -> SessionRecord | None:
        """`change` is called in a thread of the pool."""
        return await self._write(lambda: self._router.update(session_id, change))

    async def _read(self, operation: Callable[[], Result]) -> Result:
        return await self._run(self._reading, operation)

    async def _write(self, operation: Callable[[], Result]) -> Result:
        room = self._room
        if not room.acquire(blocking=False):
            raise WritesAreWaiting("Too many writes wait in this process; nothing was written. Try again.")
        return await self._run(self._writing, operation, room)

    async def _run(
        self, pool: ThreadPoolExecutor, operation: Callable[[], Result], room: threading.Semaphore | None = None
    ) -> Result:
        abandoned, asked_at = threading.Event(), time.monotonic()

        def run() -> Result:
            with self._router.asked_elsewhere(abandoned, asked_at):
                return operation()

        under_way = pool.submit(run)
        if room is not None:
            under_way.add_done_callback(lambda _: room.release())
        answer = asyncio.wrap_future(under_way)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            abandoned.set()
            if not under_way.cancel():
                await _ended(answer)
            raise


async def _ended(answer: "asyncio.Future[Any]") -> None:
    """Wait for an operation that is under way, whatever becomes of it, also when cancelled once more."""
    while not answer.done():
        try:
            await asyncio.wait([answer])
        except asyncio.CancelledError:
            continue
    if not answer.cancelled():
        answer.exception()  # it was looked at: nobody else will
