"""The proxy in front: terminates TLS, says so in X-Forwarded-Proto, and asks again where nobody listens yet.

It never sends a request twice. What it keeps count of is what a reader of its log would see.
"""

import asyncio
import ssl
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.parallel import wait_for

HOST = "localhost"
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.05


@dataclass
class Proxy:
    """`refused`: connections that nobody took at once; `broken`: requests without an answer, by their first line."""

    upstream: int
    authority: Path
    port: int = 0
    refused: int = 0
    answered: int = 0
    broken: list[str] = field(default_factory=list)
    held: set[asyncio.Task[None] | None] = field(default_factory=set)  # the loop itself refers to a task only weakly
    open: weakref.WeakSet[asyncio.WriteTransport] = field(default_factory=weakref.WeakSet)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self.held.add(task)
        self.open.add(writer.transport)
        gone = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError, asyncio.CancelledError)
        with suppress(*gone):
            head = await reader.readuntil(b"\r\n\r\n")
            their_reader, their_writer = await self._connected()
            self.open.add(their_writer.transport)
            try:
                await self._between(head, (reader, writer), (their_reader, their_writer))
            finally:
                their_writer.close()
        writer.close()
        self.held.discard(task)

    async def _between(self, head: bytes, caller: Ends, web: Ends) -> None:
        """Until either side has ended: then the other one is told, too."""
        first, _, rest = head.partition(b"\r\n")
        web[1].write(first + b"\r\nX-Forwarded-Proto: https\r\n" + self._once(rest))
        sending, answering = (asyncio.create_task(_pump(a[0], b[1])) for a, b in ((caller, web), (web, caller)))
        await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
        if not (answering.done() or caller[0].at_eof() or caller[0].exception()):
            await asyncio.wait((answering,))  # what was sent was not taken; there may be an answer all the same
        sending.cancel()
        if not answering.done():  # whoever asked has left
            answering.cancel()
        elif answering.result():
            self.answered += 1
        elif b"upgrade: websocket" not in head.lower():  # a page asks for its socket again
            self.broken.append(first.decode())

    @staticmethod
    def _once(rest: bytes) -> bytes:
        if b"upgrade: websocket" in rest.lower():
            return rest
        lines = [line for line in rest.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([b"Connection: close", *lines])

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await asyncio.open_connection("127.0.0.1", self.upstream)
                except ConnectionRefusedError:
                    self.refused += 1
                    await asyncio.sleep(AGAIN_SECONDS)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> int:
    passed = 0
    with suppress(ConnectionError, ssl.SSLError):
        while piece := await source.read(65536):
            passed += len(piece)
            sink.write(piece)
            await sink.drain()
    return passed


@contextmanager
def proxy(upstream: int, folder: Path) -> Iterator[Proxy]:
    """Before the web process at that port; `authority` is the file of who has signed its certificate."""
    signer = trustme.CA()
    signer.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert(HOST).configure_cert(context)
    front, loop, stop = Proxy(upstream, folder / "authority.pem"), asyncio.new_event_loop(), asyncio.Event()

    async def work() -> None:
        async with await asyncio.start_server(front.serve, "127.0.0.1", 0, ssl=context) as server:
            front.port = server.sockets[0].getsockname()[1]
            await stop.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for transport in front.open:
            transport.abort()
        await asyncio.sleep(AGAIN_SECONDS)  # the loop closes what was aborted in its next turns

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()), name="proxy")
    thread.start()
    wait_for(lambda: front.port, what="the proxy")
    try:
        yield front
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
