"""Bodies that are larger than any of ours are refused while they arrive, before anything of Django sees them.

Daphne hands a request on once its whole body lies on disk, and Django's own limit comes after that. So the request of
the server itself is bounded: by the length that it announces, and by the bytes that really come.
"""

import json
from typing import Any

from daphne import http_protocol
from django.conf import settings
from twisted.internet import reactor

from migrations_app.runtime.ending import process_ending

FRAME_BYTES = 64 * 1024  # what a form of several parts adds to what it carries
DRAIN_SECONDS = 5.0  # a client that is still sending would lose the answer if the connection were closed at once
DETAIL = "The request is larger than 2 MiB; it was not read."
FIX = "Send a smaller document; nothing was changed."


def most_bytes() -> int:
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + FRAME_BYTES


class BoundedRequest(http_protocol.WebRequest):  # type: ignore[misc]  # daphne carries no types
    """Answers 413 as soon as it is clear that the body is too large, and keeps no byte of it from then on."""

    refused = False
    received = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - twisted's name
        super().gotLength(length)
        if length is not None and length > most_bytes():
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - twisted's name
        self.received += len(data)
        if not self.refused and self.received > most_bytes():
            self._refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - twisted's name
        if process_ending.is_set():  # the next one would come to a process that is not there any more
            self.channel.persistent = False
            self.setHeader(b"connection", b"close")
        if self.refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def _refuse(self) -> None:
        self.refused = True
        self.content.close()
        transport = self.channel.transport
        transport.write(answer(self.channel._path))
        half_close = getattr(transport, "loseWriteConnection", transport.loseConnection)
        half_close()
        ending: Any = reactor
        ending.callLater(DRAIN_SECONDS, self._end)

    def _end(self) -> None:
        if self.channel is not None and self.channel.transport is not None:
            self.channel.transport.abortConnection()


def answer(path: bytes) -> bytes:
    """The whole response: problem+json beneath /api/, one sentence of text elsewhere."""
    if path.startswith(b"/api/"):
        problem = {
            "type": "urn:snakeweb:problem:body_too_large",
            "title": "Request Entity Too Large",
            "status": 413,
            "code": "body_too_large",
            "detail": DETAIL,
            "fix": FIX,
            "problems": [],
            "instance": path.partition(b"?")[0].decode("latin-1"),
            "request_id": "",
        }
        kind, body = "application/problem+json", json.dumps(problem).encode()
    else:
        kind, body = "text/plain; charset=utf-8", f"{DETAIL} {FIX}\n".encode()
    head = (
        "HTTP/1.1 413 Request Entity Too Large\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body


def bound_requests() -> None:
    """For this process's server. Daphne's factory makes its requests of the class that its module names."""
    http_protocol.WebRequest = BoundedRequest
