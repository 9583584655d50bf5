"""The proxy in front: terminates TLS, says so in X-Forwarded-Proto, and asks again where nobody listens yet.

It never sends a request twice. What it keeps count of is what a reader of its log would see.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.parallel import wait_for

HOST = "localhost"
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

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError, asyncio.CancelledError)
        with suppress(*gone):
            head = await reader.readuntil(b"\r\n\r\n")
            their_reader, their_writer = await self._connected()
            try:
                first, _, rest = head.partition(b"\r\n")
                their_writer.write(first + b"\r\nX-Forwarded-Proto: https\r\n" + self._once(rest))
                sending = asyncio.create_task(_pump(reader, their_writer))
                if await _pump(their_reader, writer):
                    self.answered += 1
                elif b"upgrade: websocket" not in head.lower():  # a page asks for its socket again
                    self.broken.append(first.decode())
                sending.cancel()
            finally:
                their_writer.close()
        writer.close()

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
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

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
