"""A TCP proxy that stands before a server and misbehaves on demand: it delays, cuts, drops, refuses and freezes.

One thread of its own, an event loop in it; every order takes effect at once, also for connections that are open.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self

CHUNK = 65536
START_SECONDS = 30.0
RST = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # struct linger: on, zero seconds


@dataclass(slots=True)
class Orders:
    """What holds now. `delay` in seconds, for each piece that a server sends; `cut_after` bytes of answers to come."""

    refusing: bool = False
    delay: float = 0.0
    cut_after: int | None = None
    cut_again: int | None = None
    drop: bytes = b""
    drops_left: int = 0
    skip: int = 0
    swallow: bytes = b""


@dataclass(slots=True, eq=False)
class Link:
    """One client's connection and the one to the server behind it. `mute`: the next answer is not to arrive."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    mute: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def cut(self) -> None:
        """Reset both ends: whatever was on its way is gone."""
        for writer in (self.client, self.server):
            held: socket.socket | None = writer.get_extra_info("socket")
            if held is not None:
                with contextlib.suppress(OSError):
                    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            writer.transport.abort()


Forward = Callable[[Link, asyncio.StreamReader], Coroutine[Any, Any, None]]


class TcpProxy:
    """Forwards `127.0.0.1:port` to the server. Counts: `connections` in all, `fired` faults that took effect.

    >>> with TcpProxy("127.0.0.1", server.port) as proxy:
    ...     proxy.delay(500)
    ...     proxy.heal()
    """

    host = "127.0.0.1"

    def __init__(self, server_host: str, server_port: int, *, port: int = 0) -> None:
        self._server_address = (server_host, server_port)
        self.port = port
        self.connections = 0
        self.fired = 0
        self._orders = Orders()
        self._links: set[Link] = set()
        self._accepting: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="tcp-proxy", daemon=True)
        self._ready = threading.Event()
        self._flowing: asyncio.Event
        self._ending: asyncio.Event

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise RuntimeError("the proxy did not begin to listen")
        return self

    def stop(self) -> None:
        """Cut what is open and listen no more."""
        self._order(self._ending.set)
        self._thread.join(START_SECONDS)

    # Orders. Each replaces what the same order said before; `heal` takes all of them back.

    def heal(self) -> None:
        """Forward everything again, what was held back first."""

        def healed() -> None:
            self._orders = Orders()
            self._flowing.set()

        self._order(healed)

    def delay(self, milliseconds: float) -> None:
        """Hold each piece of an answer back for so long."""
        self._order(lambda: setattr(self._orders, "delay", milliseconds / 1000))

    def refuse(self) -> None:
        """Reset what is open, and every connection to come: the server is down."""

        def refused() -> None:
            self._orders.refusing = True
            self._cut_all()

        self._order(refused)

    def cut(self) -> None:
        """Reset what is open, once; the next connection goes through."""
        self._order(self._cut_all)

    def cut_after(self, size: int, *, always: bool = False) -> None:
        """Forward `size` more bytes of answers, over all connections, then reset the one that brings the next.

        `always`: the same again for every `size` bytes.
        """

        def ordered() -> None:
            self._orders.cut_after, self._orders.cut_again = size, size if always else None

        self._order(ordered)

    def drop_answer(self, to: bytes = b"", *, times: int = 1, skip: int = 0) -> None:
        """Let a request that contains `to` reach the server, then reset the connection instead of answering.

        `skip` such requests are answered first. The request took effect; whoever sent it cannot know.
        """

        def ordered() -> None:
            self._orders.drop, self._orders.drops_left, self._orders.skip = to, times, skip

        self._order(ordered)

    def swallow_request(self, to: bytes) -> None:
        """Reset the connection over which the next request comes that contains `to`: the server never gets it."""
        self._order(lambda: setattr(self._orders, "swallow", to))

    def freeze(self) -> None:
        """Keep every connection, forward nothing: a partition, or a server that hangs."""
        self._order(lambda: self._flowing.clear())

    def thaw(self) -> None:
        """Go on after `freeze`."""
        self._order(lambda: self._flowing.set())

    # Inside the loop's thread.

    def _order(self, act: Callable[[], object]) -> None:
        """Carry out in the loop's thread, and wait until it is done."""
        done = threading.Event()

        def acted() -> None:
            act()
            self._loop.call_soon(done.set)  # a transport that is aborted closes its socket in the turn after

        self._loop.call_soon_threadsafe(acted)
        if not done.wait(START_SECONDS):
            raise RuntimeError("the proxy does not take orders")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._flowing, self._ending = asyncio.Event(), asyncio.Event()
        self._flowing.set()
        listener = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ending.wait()
        while self._others() - self._accepting - self._forwarding():
            await asyncio.sleep(0)  # asyncio loses the sockets of those whom it is letting in when the listener closes
        listener.close()
        while left := self._others():
            self._cut_all()
            for task in self._forwarding():
                task.cancel()
            await asyncio.wait(left, timeout=0.05)  # who was let in a moment ago has no link yet

    def _others(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - {asyncio.current_task()}

    def _forwarding(self) -> set[asyncio.Task[None]]:
        return {task for link in self._links for task in link.tasks}

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._forward(reader, writer))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._orders.refusing:
            self.fired += 1
            Link(writer, writer).cut()
            return
        try:
            behind, server = await asyncio.open_connection(*self._server_address)
        except OSError:
            Link(writer, writer).cut()
            return
        link = Link(writer, server)
        self._links.add(link)
        link.tasks = [
            self._loop.create_task(self._guarded(link, self._requests, reader)),
            self._loop.create_task(self._guarded(link, self._answers, behind)),
        ]
        try:
            await asyncio.wait(link.tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(link.tasks, timeout=0.05)  # what the other side still says
        finally:
            for task in link.tasks:
                task.cancel()
            self._links.discard(link)
            for end in (link.client, link.server):
                end.close()

    async def _guarded(self, link: Link, forward: Forward, reader: asyncio.StreamReader) -> None:
        try:
            await forward(link, reader)
        except (OSError, asyncio.CancelledError):
            link.client.close()
            link.server.close()

    async def _requests(self, link: Link, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            if self._orders.swallow and self._orders.swallow in data:
                self._orders.swallow = b""
                self._fire(link)
                return
            link.mute = link.mute or self._is_dropped(data)
            link.server.write(data)
            await link.server.drain()

    async def _answers(self, link: Link, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            if self._orders.delay:
                self.fired += 1
                await asyncio.sleep(self._orders.delay)
            await self._flowing.wait()
            if link.mute:
                self._fire(link)
                return
            allowed = self._allowance(len(data))
            if allowed < len(data):
                link.client.write(data[:allowed])
                with contextlib.suppress(OSError, TimeoutError):
                    await asyncio.wait_for(link.client.drain(), 1)
                self._fire(link)
                return
            link.client.write(data)
            await link.client.drain()

    def _is_dropped(self, data: bytes) -> bool:
        orders = self._orders
        if orders.drops_left <= 0 or orders.drop not in data:
            return False
        if orders.skip > 0:
            orders.skip -= 1
            return False
        orders.drops_left -= 1
        return True

    def _allowance(self, size: int) -> int:
        orders = self._orders
        if orders.cut_after is None:
            return size
        if size <= orders.cut_after:
            orders.cut_after -= size
            return size
        allowed = orders.cut_after
        orders.cut_after = orders.cut_again
        return allowed

    def _fire(self, link: Link) -> None:
        self.fired += 1
        link.cut()

    def _cut_all(self) -> None:
        for link in tuple(self._links):
            self.fired += 1
            link.cut()
