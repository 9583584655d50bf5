"""Waiting for a condition, with a deadline."""

import asyncio
from collections.abc import Callable

DEADLINE = 60.0  # seconds
LOOK_EVERY = 0.01


async def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(LOOK_EVERY)
