"""Many who wait cost one look; each is let go by the epoch that it waits for."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from migrations_app.api.route_epochs import PublishedEpochs


@dataclass
class Routes:
    epochs: dict[str, int] = field(default_factory=lambda: {"sessions": 3})
    looks: int = 0
    fails: bool = False

    def read(self) -> dict[str, int]:
        self.looks += 1
        if self.fails:
            raise ConnectionError
        return dict(self.epochs)


@pytest.fixture
def routes() -> Routes:
    return Routes()


@pytest.fixture
def published(routes: Routes) -> PublishedEpochs:
    return PublishedEpochs(routes.read)


async def test_a_hundred_who_wait_cost_a_look_and_not_a_hundred(routes: Routes, published: PublishedEpochs) -> None:
    waited = await asyncio.gather(*(published.waited_beyond("sessions", 3, 0.5) for _ in range(100)))
    assert waited == [False] * 100
    assert 1 <= routes.looks <= 4


async def test_each_is_let_go_by_the_epoch_that_it_waits_for(routes: Routes, published: PublishedEpochs) -> None:
    behind, level = (asyncio.create_task(published.waited_beyond("sessions", epoch, 30)) for epoch in (2, 3))
    assert await behind
    assert not level.done()
    routes.epochs["sessions"] = 4
    assert await level


async def test_a_look_that_fails_fails_one_and_the_next_looks_again(routes: Routes, published: PublishedEpochs) -> None:
    routes.fails = True
    with pytest.raises(ConnectionError):
        await published.waited_beyond("sessions", 3, 30)
    routes.fails = False
    routes.epochs["sessions"] = 4
    assert await published.waited_beyond("sessions", 3, 30)


async def test_a_process_that_ends_keeps_nobody_waiting(
    routes: Routes, published: PublishedEpochs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = threading.Event()
    monkeypatch.setattr("migrations_app.api.route_epochs.process_ending", ending)
    waiting = asyncio.create_task(published.waited_beyond("sessions", 3, 3_600))
    while not routes.looks:
        await asyncio.sleep(0)
    assert not waiting.done()
    ending.set()
    assert not await waiting
