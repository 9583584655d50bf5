"""The hub's own rules: sequence, gaps, one read for all, one rendering a view. The database is an in-memory journal."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from migrations_app.live.doorbell import Doorbell
from migrations_app.live.hub import KEPT, PAGE, Hub, View, Watcher
from migrations_app.models.actor import Actor
from tests.live.waiting import until

RUN = 7
OPERATORS = View("operator", Actor(1, "operator"))
VIEWERS = View("viewer", Actor(2, "viewer"))


class SilentDoorbell(Doorbell):
    """Rung by hand."""

    async def listen_for(self, run_id: int) -> None:
        return

    async def forget(self, run_id: int) -> None:
        return


@dataclass
class JournalInMemory:
    """A `RunReads` that counts."""

    events: list[dict[str, Any]] = field(default_factory=list)
    reads: int = 0
    rendered: list[str] = field(default_factory=list)
    fails: bool = False
    hidden_from: frozenset[int] = frozenset()

    def append(self, count: int = 1) -> None:
        for _ in range(count):
            self.events.append({"seq": len(self.events) + 1, "text": "something happened"})

    async def events_after(self, run_id: int, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        self.reads += 1
        if self.fails:
            raise ConnectionError("the database is away")
        return self.events[after : after + limit]

    async def fragments(self, run_id: int, view: View) -> Mapping[str, str] | None:
        if view.actor.person_id in self.hidden_from:
            return None
        self.rendered.append(view.key)
        return {"run-header": f"for {view.key} at {len(self.events)}"}


class Screen:
    """A watcher that keeps what it got."""

    def __init__(self, hub: Hub, view: View = OPERATORS, after: int = 0, most: int = 0) -> None:
        self.messages: list[dict[str, Any]] = []
        self.broken = False
        self.watcher = Watcher(RUN, after, view, self._show, most)
        self._hub = hub

    async def _show(self, text: str) -> None:
        if self.broken:
            raise ConnectionResetError
        self.messages.append(json.loads(text))

    async def join(self, newest: int) -> "Screen":
        await self._hub.join(self.watcher, newest)
        return self

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for message in self.messages if message["kind"] == "events" for event in message["events"]]

    @property
    def shows(self) -> dict[str, str]:
        """The fragments that came last."""
        return next((message["fragments"] for message in reversed(self.messages) if message.get("fragments")), {})


@pytest.fixture
def journal() -> JournalInMemory:
    return JournalInMemory()


@pytest.fixture
async def hub(journal: JournalInMemory) -> AsyncIterator[Hub]:
    hub = Hub(journal, SilentDoorbell())
    yield hub
    await hub.close()


async def test_a_watcher_gets_what_it_lacks_in_sequence_and_then_what_comes(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(5)
    screen = await Screen(hub, after=2).join(newest=5)
    await until(lambda: screen.seqs == [3, 4, 5])

    journal.append(2)
    hub.ring(RUN)
    await until(lambda: screen.seqs == [3, 4, 5, 6, 7])

    last = screen.messages[-1]
    assert (last["from"], last["to"], last["newest"]) == (6, 7, 7)
    await until(lambda: screen.shows == {"run-header": "for operator at 7"})
    assert screen.seqs == [3, 4, 5, 6, 7]


async def test_somebody_who_lacks_nothing_is_told_so_at_once(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(3)
    screen = await Screen(hub, after=3).join(newest=3)
    await until(lambda: screen.messages == [{"kind": "heartbeat", "run": RUN, "seq": 3}])


async def test_an_after_beyond_the_newest_counts_as_the_newest(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(3)
    screen = await Screen(hub, after=10**9).join(newest=3)
    await until(lambda: bool(screen.messages))
    journal.append()
    hub.ring(RUN)
    await until(lambda: screen.seqs == [4])


async def test_two_hundred_watchers_cost_one_read_and_one_rendering_a_role(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(10)
    screens = [await Screen(hub, OPERATORS if n % 2 else VIEWERS, after=10).join(newest=10) for n in range(200)]
    await until(lambda: all(screen.messages for screen in screens))
    journal.reads, journal.rendered = 0, []

    journal.append(3)
    hub.ring(RUN)
    await until(lambda: all(screen.seqs == [11, 12, 13] and screen.shows for screen in screens))

    assert journal.reads == 1
    assert sorted(journal.rendered) == ["operator", "viewer"]


async def test_whoever_comes_back_soon_is_served_from_memory(hub: Hub, journal: JournalInMemory) -> None:
    first = await Screen(hub).join(newest=0)
    await until(lambda: bool(first.messages))
    journal.append(20)
    hub.ring(RUN)
    await until(lambda: len(first.seqs) == 20)
    journal.reads = 0

    again = await Screen(hub, after=4).join(newest=20)
    await until(lambda: again.seqs == list(range(5, 21)))

    assert journal.reads == 1  # the look for news; the gap itself was remembered


async def test_a_long_gap_comes_in_pages_and_only_the_last_has_fragments(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(KEPT + PAGE + 10)
    screen = await Screen(hub).join(newest=len(journal.events))
    await until(lambda: len(screen.seqs) == len(journal.events))
    assert screen.seqs == list(range(1, len(journal.events) + 1))
    await until(lambda: bool(screen.shows))
    assert [bool(message["fragments"]) for message in screen.messages][:-1] == [False] * (len(screen.messages) - 1)
    assert {message["newest"] for message in screen.messages} == {len(journal.events)}


async def test_whoever_wants_the_newest_only_is_spared_the_others(hub: Hub, journal: JournalInMemory) -> None:
    journal.append(1_000)
    screen = await Screen(hub, after=10, most=50).join(newest=1_000)
    await until(lambda: screen.seqs == list(range(951, 1_001)))

    journal.append(30)
    hub.ring(RUN)
    await until(lambda: screen.seqs == list(range(951, 1_031)))
    journal.append(5_000)
    hub.ring(RUN)
    await until(lambda: screen.seqs[-50:] == list(range(5_981, 6_031)))
    assert len(screen.seqs) == 80 + 50


async def test_a_page_that_is_rendered_often_is_rendered_at_a_pace(hub: Hub, journal: JournalInMemory) -> None:
    """The lines go at once; the fragments of the last state always follow."""
    screen = await Screen(hub).join(newest=0)
    for count in range(1, 9):
        journal.append()
        hub.ring(RUN)
        await until(lambda count=count: screen.seqs == list(range(1, count + 1)))
    assert len(journal.rendered) < 5
    await until(lambda: screen.shows == {"run-header": "for operator at 8"})


async def test_many_rings_at_once_are_one_look(hub: Hub, journal: JournalInMemory) -> None:
    screen = await Screen(hub).join(newest=0)
    await until(lambda: bool(screen.messages))
    journal.reads = 0
    journal.append(50)
    for _ in range(50):
        hub.ring(RUN)
    await until(lambda: len(screen.seqs) == 50)
    assert journal.reads == 1


async def test_a_read_that_fails_loses_nothing(
    hub: Hub, journal: JournalInMemory, caplog: pytest.LogCaptureFixture
) -> None:
    screen = await Screen(hub).join(newest=0)
    await until(lambda: bool(screen.messages))
    journal.fails = True
    journal.append(2)
    hub.ring(RUN)
    await until(lambda: "could not be read" in caplog.text)
    journal.fails = False
    hub.ring(RUN)
    await until(lambda: screen.seqs == [1, 2])


async def test_a_broken_socket_is_dropped_and_the_others_go_on(hub: Hub, journal: JournalInMemory) -> None:
    broken, whole = await Screen(hub).join(newest=0), await Screen(hub).join(newest=0)
    await until(lambda: bool(whole.messages and broken.messages))
    broken.broken = True
    journal.append()
    hub.ring(RUN)
    await until(lambda: whole.seqs == [1])
    assert hub.watching(RUN) == 1


async def test_one_who_lost_the_role_does_not_keep_the_page_from_the_others(hub: Hub, journal: JournalInMemory) -> None:
    gone = View("viewer", Actor(99, "gone"))
    screens = [await Screen(hub, view).join(newest=0) for view in (gone, VIEWERS)]
    await until(lambda: all(screen.messages for screen in screens))
    journal.hidden_from = frozenset({99})
    journal.append()
    hub.ring(RUN)
    await until(lambda: screens[1].seqs == [1])
    await until(lambda: screens[1].shows == {"run-header": "for viewer at 1"})


async def test_a_room_ends_with_its_last_watcher_and_opens_again(hub: Hub, journal: JournalInMemory) -> None:
    screen = await Screen(hub).join(newest=0)
    await until(lambda: bool(screen.messages))
    hub.leave(screen.watcher)
    await until(lambda: not hub.rooms)

    journal.append()
    later = await Screen(hub).join(newest=1)
    await until(lambda: later.seqs == [1])


async def test_leaving_and_joining_at_once_keeps_the_room(hub: Hub, journal: JournalInMemory) -> None:
    for _ in range(20):
        screen = await Screen(hub).join(newest=0)
        hub.leave(screen.watcher)
        await asyncio.sleep(0)
    stays = await Screen(hub).join(newest=0)
    journal.append()
    hub.ring(RUN)
    await until(lambda: stays.seqs == [1])
