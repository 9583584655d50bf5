"""The subscription over a real redis-server, and what happens when that goes away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from channels.layers import channel_layers, get_channel_layer
from django.test import override_settings

from migrations_app.live import doorbell as module
from migrations_app.live.doorbell import Doorbell
from migrations_app.runtime.events import run_group
from migrations_app.testing.servers import RedisServer
from tests.live.waiting import until

pytestmark = pytest.mark.servers


def served_by(server: RedisServer) -> override_settings:
    hosts = [{"address": server.url, "socket_timeout": 15}]
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}
    return override_settings(CHANNEL_LAYERS={"default": layer})


async def ring(run_id: int) -> None:
    message = {"type": "doorbell", "run": run_id, "seq": 1}
    await get_channel_layer().group_send(run_group(run_id), message)


@asynccontextmanager
async def listening(server: RedisServer) -> AsyncIterator[tuple[Doorbell, list[int]]]:
    rung: list[int] = []
    doorbell = Doorbell()
    doorbell.on_ring = rung.append
    with served_by(server):
        try:
            yield doorbell, rung
        finally:
            await doorbell.close()
            await channel_layers["default"].close_pools()


async def test_only_runs_that_are_watched_ring(redis_server: RedisServer) -> None:
    async with listening(redis_server) as (doorbell, rung):
        await doorbell.listen_for(1)
        await until(lambda: rung == [1])  # once by itself, for what was rung before it listened
        await doorbell.listen_for(2)
        await ring(3)
        await ring(2)
        await until(lambda: rung == [1, 2])

        await doorbell.forget(1)
        await ring(1)
        await ring(2)
        await until(lambda: rung == [1, 2, 2])


async def test_a_redis_that_restarts_is_found_again(
    disposable_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEND", 0.1)
    monkeypatch.setattr(module, "RENEW", 0.5)
    async with listening(disposable_redis) as (doorbell, rung):
        await doorbell.listen_for(1)
        await until(lambda: rung == [1])

        disposable_redis.restart()
        await until(lambda: len(rung) >= 2, seconds=20)  # it joined its groups again
        before = len(rung)
        await ring(1)
        await until(lambda: len(rung) > before)
