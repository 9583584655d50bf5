"""One reader per run and web process: it fetches and renders once, and fans out to every watcher (DESIGN section 6).

The database is the truth and the doorbell only says "look". A doorbell that is lost costs at most `HEARTBEAT`
seconds; many doorbells at once cost one look, because the latest wins.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from migrations_app.live.doorbell import Doorbell
from migrations_app.models.actor import Actor

logger = logging.getLogger(__name__)

HEARTBEAT = 10.0  # seconds without a doorbell after which a room looks anyway and says that it lives
PACE = 0.1  # seconds between two looks of a room, however fast the run writes
RENDER_PACE = 0.4  # seconds between two renderings: lines are cheap and go at once, a page's parts follow them
PAGE = 500  # events a message
KEPT = 2_000  # events a room remembers, so that whoever re-subscribes costs no read

EventData = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """Through whose eyes a page is rendered. Watchers whose `key` (their roles there) is equal see the same."""

    key: str
    actor: Actor


class RunReads(Protocol):
    """What a room asks of the database; both are coroutines and read nothing but selectors."""

    async def events_after(self, run_id: int, after: int, limit: int) -> Sequence[EventData]:
        """Events with `seq > after` in order, at most `limit`, each JSON-ready with `seq`."""

    async def fragments(self, run_id: int, view: View) -> Mapping[str, str] | None:
        """DOM id -> HTML of the run page's live parts; None when this view may not see the run any more."""


@dataclass(eq=False, slots=True)
class Watcher:
    """One subscription. `seq` is the newest event that has been sent to it, `shown` the one its fragments are of.

    `most`: whoever lacks more than so many events gets the newest ones alone; 0: all of them.
    """

    run_id: int
    seq: int
    view: View
    send: Callable[[str], Awaitable[None]]
    most: int = 0
    shown: int = 0
    greeted: bool = False


class Room:
    """Everybody in this process who watches one run, and the one task that serves them."""

    def __init__(self, run_id: int, seq: int, reads: RunReads) -> None:
        self.run_id = run_id
        self.seq = seq
        self.watchers: set[Watcher] = set()
        self._reads = reads
        self._recent: deque[EventData] = deque(maxlen=KEPT)
        self._rung = asyncio.Event()
        self._render_after = 0.0

    def ring(self) -> None:
        self._rung.set()

    async def serve_forever(self) -> None:
        while self.watchers:
            silent = not await _set_within(self._rung, self._until_rendering() if self._stale else HEARTBEAT)
            self._rung.clear()
            try:
                await self._serve(heartbeat=silent and not self._stale)
            except Exception:
                # The next doorbell or heartbeat looks again; watchers keep what they have.
                logger.exception("run %s could not be read for its watchers", self.run_id)
                self._render_after = _now() + RENDER_PACE
            await asyncio.sleep(PACE)

    @property
    def _stale(self) -> list[Watcher]:
        """Who has every event, and on the page still what was before them."""
        return [watcher for watcher in self.watchers if watcher.shown < self.seq <= watcher.seq]

    def _until_rendering(self) -> float:
        return max(0.0, self._render_after - _now())

    async def _serve(self, *, heartbeat: bool) -> None:
        await self._read_on()
        for watcher in self.watchers:
            if watcher.most:
                watcher.seq = max(watcher.seq, self.seq - watcher.most)
        for after in sorted({w.seq for w in self.watchers if w.seq < self.seq}):
            if events := await self._events_after(after):
                message = _events_message(self.run_id, after, self.seq, events=events)
                await self._send([w for w in self.watchers if w.seq == after], message, events[-1]["seq"])
        if any(w.seq < self.seq for w in self.watchers):
            self.ring()
        current = [w for w in self.watchers if w.seq >= self.seq and (heartbeat or not w.greeted)]
        await self._send(current, json.dumps({"kind": "heartbeat", "run": self.run_id, "seq": self.seq}), self.seq)
        if not self._until_rendering():
            await self._show()

    async def _show(self) -> None:
        """Render for whoever has old fragments, once a view."""
        seq = self.seq
        for group in _by_view(self._stale).values():
            self._render_after = _now() + RENDER_PACE
            fragments = await self._rendered(group)
            for watcher in group:
                watcher.shown = seq
            if fragments:
                await self._send(group, _events_message(self.run_id, seq, self.seq, fragments=fragments), seq)

    async def _rendered(self, group: Iterable[Watcher]) -> Mapping[str, str]:
        """Once for the group, through the eyes of the first member who may still look."""
        for watcher in group:
            fragments = await self._reads.fragments(self.run_id, watcher.view)
            if fragments is not None:
                return fragments
        return {}

    async def _read_on(self) -> None:
        while True:
            events = await self._reads.events_after(self.run_id, self.seq, PAGE)
            self._recent.extend(events)
            if events:
                self.seq = events[-1]["seq"]
            if len(events) < PAGE:
                return

    async def _events_after(self, after: int) -> Sequence[EventData]:
        if self._recent and self._recent[0]["seq"] <= after + 1:
            return [event for event in self._recent if event["seq"] > after][:PAGE]
        return await self._reads.events_after(self.run_id, after, PAGE)

    async def _send(self, group: Iterable[Watcher], text: str, reaches: int) -> None:
        members = list(group)
        for watcher in members:
            watcher.seq, watcher.greeted = reaches, True
        outcomes = await asyncio.gather(*(watcher.send(text) for watcher in members), return_exceptions=True)
        for watcher, outcome in zip(members, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                self.watchers.discard(watcher)


class Hub:
    """The rooms of one web process. Made once in `snakeweb/asgi.py`; opens nothing until somebody watches."""

    def __init__(self, reads: RunReads, doorbell: Doorbell) -> None:
        self._reads = reads
        self._doorbell = doorbell
        self._rooms: dict[int, tuple[Room, asyncio.Task[None]]] = {}
        doorbell.on_ring = self.ring

    @property
    def rooms(self) -> tuple[int, ...]:
        """Ids of the runs that somebody watches here."""
        return tuple(self._rooms)

    def watching(self, run_id: int) -> int:
        return len(self._rooms[run_id][0].watchers) if run_id in self._rooms else 0

    async def close(self) -> None:
        """End every room and the subscription."""
        tasks = [task for _, task in self._rooms.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._doorbell.close()

    def ring(self, run_id: int) -> None:
        if run_id in self._rooms:
            self._rooms[run_id][0].ring()

    async def join(self, watcher: Watcher, newest: int) -> None:
        """Serve `watcher` from now on. `newest` is the run's last sequence number as its admission saw it."""
        watcher.seq = watcher.shown = max(0, min(watcher.seq, newest))
        if watcher.run_id not in self._rooms:
            room = Room(watcher.run_id, newest, self._reads)
            room.watchers.add(watcher)
            self._rooms[watcher.run_id] = (room, asyncio.create_task(self._keep(room)))
        else:
            room = self._rooms[watcher.run_id][0]
            room.watchers.add(watcher)
        room.ring()

    def leave(self, watcher: Watcher) -> None:
        if watcher.run_id in self._rooms:
            room = self._rooms[watcher.run_id][0]
            room.watchers.discard(watcher)
            room.ring()

    async def _keep(self, room: Room) -> None:
        await self._doorbell.listen_for(room.run_id)
        try:
            while room.watchers:
                await room.serve_forever()
        finally:
            del self._rooms[room.run_id]
            await self._doorbell.forget(room.run_id)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def _by_view(watchers: Iterable[Watcher]) -> dict[str, list[Watcher]]:
    groups: dict[str, list[Watcher]] = {}
    for watcher in watchers:
        groups.setdefault(watcher.view.key, []).append(watcher)
    return groups


def _now() -> float:
    return asyncio.get_running_loop().time()


def _events_message(
    run_id: int,
    after: int,
    newest: int,
    *,
    events: Sequence[EventData] = (),
    fragments: Mapping[str, str] = MappingProxyType({}),
) -> str:
    return json.dumps(
        {
            "kind": "events",
            "run": run_id,
            "from": after + 1,
            "to": events[-1]["seq"] if events else after,
            "newest": newest,
            "events": list(events),
            "fragments": dict(fragments),
        }
    )
