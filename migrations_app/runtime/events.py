"""The doorbell: tells web processes over Channels that a run has news, and the dispatcher that there is work.

The database is the truth; a lost doorbell costs a few seconds, never an event (DESIGN section 6). Rings are
coalesced: of many appends within `QUIET_SECONDS` the newest sequence number is sent once.
"""

import asyncio
import logging
import os
import threading
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

RUNS_GROUP = "runs"
POKE_LIST = "snakeweb:poke"
QUIET_SECONDS = 0.05
_PATIENCE: dict[str, Any] = {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}  # seconds
POKES_KEPT_SECONDS = 5
# The last: while the interpreter ends, asyncio looks up no more hosts, and drivers still write their last events.
_NOT_SENT = (RedisError, OSError, TimeoutError, RuntimeError)


def run_group(run_id: int) -> str:
    return f"run-{run_id}"


class Messenger:
    """One background thread with its own event loop, so that no request or driver ever waits for the broker."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()  # over the next four: callers note, the thread takes
        self._newest: dict[int, int] = {}
        self._poked = False
        self._woken = False
        self._idle = threading.Event()
        self._idle.set()
        self._loop = asyncio.new_event_loop()
        self._wanted = asyncio.Event()
        self._redis: AsyncRedis | None = None
        self._thread = threading.Thread(target=self._run, name="snakeweb-doorbell", daemon=True)
        self._thread.start()

    def belongs_here(self) -> bool:
        """False in a forked child: threads do not survive a fork."""
        return self._pid == os.getpid()

    def ring(self, run_id: int, seq: int) -> None:
        with self._lock:
            self._newest[run_id] = max(seq, self._newest.get(run_id, 0))
            self._wake()

    def poke(self) -> None:
        with self._lock:
            self._poked = True
            self._wake()

    def wait_idle(self, seconds: float) -> bool:
        """True once everything that was rung has been sent, or was given up."""
        return self._idle.wait(seconds)

    def _wake(self) -> None:
        """Once for all that is noted until the thread takes it: each wake costs a driver a switch of threads."""
        self._idle.clear()
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._wanted.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            with self._lock:
                newest, self._newest = self._newest, {}
                poked, self._poked = self._poked, False
                self._woken = False
            if poked:
                await self._send_poke()
            for run_id, seq in newest.items():
                await self._send_ring(run_id, seq)
            with self._lock:
                if not self._woken:
                    self._idle.set()
            await asyncio.sleep(QUIET_SECONDS)

    async def _send_ring(self, run_id: int, seq: int) -> None:
        layer = get_channel_layer()
        message: dict[str, Any] = {"type": "doorbell", "run": run_id, "seq": seq}
        try:
            await layer.group_send(run_group(run_id), message)
            await layer.group_send(RUNS_GROUP, message)
        except _NOT_SENT as error:
            logger.warning("doorbell of run %s not rung: %s", run_id, type(error).__name__)

    async def _send_poke(self) -> None:
        try:
            if self._redis is None:
                self._redis = AsyncRedis.from_url(settings.CELERY_BROKER_URL, **_PATIENCE)
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.lpush(POKE_LIST, 1)
                pipeline.ltrim(POKE_LIST, 0, 0)
                pipeline.expire(POKE_LIST, POKES_KEPT_SECONDS)
                await pipeline.execute()
        except _NOT_SENT as error:
            logger.warning("dispatcher not poked: %s", type(error).__name__)


_lock = threading.Lock()
_messenger: Messenger | None = None


def messenger() -> Messenger:
    """This process's messenger, started on first use (never at import: processes fork)."""
    global _messenger
    with _lock:
        if _messenger is None or not _messenger.belongs_here():
            _messenger = Messenger()
        return _messenger


def ring(run_id: int, seq: int) -> None:
    """Tell everyone who watches the run that events up to `seq` are there. Returns at once."""
    messenger().ring(run_id, seq)


def poke() -> None:
    """Tell the dispatcher that there is work; without it, its own poll finds out a moment later."""
    messenger().poke()


class PokeWaiter:
    """The dispatcher's end of `poke()`: sleeps until poked, at most `seconds`."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(settings.CELERY_BROKER_URL, **_PATIENCE)

    def wait(self, seconds: float) -> bool:
        """True when poked. Raises RedisError when the broker is away (the caller then waits by itself)."""
        return self._redis.blpop([POKE_LIST], timeout=seconds) is not None

    def close(self) -> None:
        self._redis.close()
