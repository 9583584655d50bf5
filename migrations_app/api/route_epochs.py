"""Waiting for a route to move: one look at the database serves everybody who waits in this process."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic

from asgiref.sync import sync_to_async

from migrations_app.runtime.ending import process_ending
from migrations_app.selectors.routes import published_epochs

LOOK_EVERY = 0.2  # seconds; a client whose write waits hears of the end from its store's mirror


class PublishedEpochs:
    """The epochs of all routes, at most `LOOK_EVERY` old. For the event loop's thread alone.

    Whoever is let go by it reads the route itself, with what he may see by then.
    """

    def __init__(self, read: Callable[[], Mapping[str, int]]) -> None:
        self._read = sync_to_async(read)
        self._epochs: Mapping[str, int] = {}
        self._looked_at = float("-inf")

    async def waited_beyond(self, name: str, epoch: int, seconds: float) -> bool:
        """Whether the route has left that epoch within the time. A process that ends keeps nobody waiting."""
        give_up_at = monotonic() + seconds
        while (left := give_up_at - monotonic()) > 0 and not process_ending.is_set():
            await asyncio.sleep(min(LOOK_EVERY, left))
            await self._look()
            if self._epochs.get(name, epoch) > epoch:
                return True
        return False

    async def _look(self) -> None:
        now = monotonic()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now  # before the answer is there: whoever comes meanwhile goes by the last one
            self._epochs = await self._read()


PUBLISHED = PublishedEpochs(published_epochs)
