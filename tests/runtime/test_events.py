import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from channels.layers import channel_layers
from django.conf import LazySettings

from migrations_app.runtime import events
from migrations_app.runtime.events import Messenger, PokeWaiter
from migrations_app.testing.servers import RedisServer

pytestmark = pytest.mark.servers


@pytest.fixture
def broker(empty_redis: RedisServer, settings: LazySettings) -> Iterator[RedisServer]:
    settings.CELERY_BROKER_URL = empty_redis.url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": empty_redis.url, "socket_timeout": 15}]},
        }
    }
    channel_layers.backends.clear()
    yield empty_redis
    channel_layers.backends.clear()


def test_rings_arrive_coalesced_with_the_newest_sequence_number(broker: RedisServer) -> None:
    async def listen() -> list[dict[str, object]]:
        layer = channel_layers.make_backend("default")  # the messenger's is used in another event loop
        channel = await layer.new_channel()
        await layer.group_add(events.run_group(7), channel)
        messenger = Messenger()
        for seq in (3, 5, 4):
            messenger.ring(7, seq)
        assert await asyncio.to_thread(messenger.wait_idle, 10)
        heard = []
        while not heard or heard[-1]["seq"] != 5:
            heard.append(await asyncio.wait_for(layer.receive(channel), 10))
        await layer.close_pools()
        return heard

    heard = asyncio.run(listen())

    assert heard[-1] == {"type": "doorbell", "run": 7, "seq": 5}
    assert len(heard) <= 2


def test_everybody_who_watches_all_runs_hears_it_too(broker: RedisServer) -> None:
    async def listen() -> dict[str, object]:
        layer = channel_layers.make_backend("default")  # the messenger's is used in another event loop
        channel = await layer.new_channel()
        await layer.group_add(events.RUNS_GROUP, channel)
        Messenger().ring(7, 1)
        heard: dict[str, object] = await asyncio.wait_for(layer.receive(channel), 10)
        await layer.close_pools()
        return heard

    assert asyncio.run(listen())["run"] == 7


def test_a_poke_wakes_the_dispatcher_at_once(broker: RedisServer) -> None:
    waiter, messenger = PokeWaiter(), Messenger()
    try:
        assert waiter.wait(0.05) is False
        messenger.poke()
        messenger.poke()
        assert waiter.wait(60) is True
        assert messenger.wait_idle(10)
    finally:
        waiter.close()


ENDING = """
import threading
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()
from migrations_app.runtime.events import messenger

executor, known = ThreadPoolExecutor(1), messenger()

def last_words():
    while True:
        try:
            executor.submit(str)
        except RuntimeError:  # the interpreter ends, and this thread is what it still waits for
            break
    known.ring(7, 1)
    known.poke()
    print("heard:", known.wait_idle(60))

threading.Thread(target=last_words).start()
"""


def test_who_ends_with_its_process_is_heard(broker: RedisServer) -> None:
    """A worker that was told to stop writes the end of its slice when asyncio has no threads left."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "snakeweb.settings", "SNAKEWEB_REDIS_URL": broker.url}
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    waiter = PokeWaiter()
    try:
        assert waiter.wait(1) is True
    finally:
        waiter.close()
    assert ended.stdout == "heard: True\n"
    assert "Traceback" not in ended.stderr


def test_a_broker_that_is_away_holds_nobody_up(broker: RedisServer, settings: LazySettings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = "redis://127.0.0.1:1/0"
    channel_layers.backends.clear()
    messenger = Messenger()
    messenger.ring(1, 1)
    messenger.poke()

    assert messenger.wait_idle(10)


def test_a_process_has_one_messenger_and_a_forked_child_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first = events.messenger()
    assert events.messenger() is first
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert not first.belongs_here()
    assert events.messenger() is not first
