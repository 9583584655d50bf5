"""The process's one subscription to the channel layer: which runs have news."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

MEND = 5.0  # seconds until a channel layer that failed is tried again
RENEW = 30.0  # seconds of silence after which the groups are joined again: a restarted Redis has forgotten them


class Doorbell:
    """Listens on one channel that joins the group `run-<id>` of each watched run (`runtime/events.py` rings it).

    While the channel layer does not answer nothing is rung: rooms still look at each heartbeat by themselves.
    """

    def __init__(self) -> None:
        self.on_ring: Callable[[int], None] = lambda run_id: None
        self._runs: set[int] = set()
        self._channel = ""
        self._task: asyncio.Task[None] | None = None

    async def listen_for(self, run_id: int) -> None:
        self._runs.add(run_id)
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        elif self._channel:
            await self._tell("group_add", run_id)

    async def forget(self, run_id: int) -> None:
        self._runs.discard(run_id)
        if self._channel:
            await self._tell("group_discard", run_id)
            if run_id in self._runs:  # somebody came back meanwhile
                await self._tell("group_add", run_id)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _tell(self, command: str, run_id: int) -> None:
        try:
            await getattr(get_channel_layer(), command)(f"run-{run_id}", self._channel)
        except Exception:
            logger.warning("run %s is looked at each heartbeat only", run_id, exc_info=True)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_until_broken()
            except Exception:
                logger.warning("the channel layer does not answer; runs are looked at each heartbeat", exc_info=True)
            self._channel = ""
            await asyncio.sleep(MEND)

    async def _listen_until_broken(self) -> None:
        layer: Any = get_channel_layer()
        self._channel = await layer.new_channel()
        while True:
            for run_id in tuple(self._runs):
                await layer.group_add(f"run-{run_id}", self._channel)
                self.on_ring(run_id)  # for whatever was rung before the group was joined
            try:
                async with asyncio.timeout(RENEW) as silence:
                    while True:
                        message = await layer.receive(self._channel)
                        self.on_ring(int(message["run"]))
                        silence.reschedule(asyncio.get_running_loop().time() + RENEW)
            except TimeoutError:
                if not silence.expired():
                    raise
