"""The gateway's HTTP: requests as they come by ASGI, answers, and problems as `application/problem+json`."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Refusal(Exception):
    """Ends a request with this answer. `detail` never holds a session's id."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send, *, with_body: bool = True) -> None:
        """Without the body (HEAD) its length is told all the same."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(self.body))
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        await send({"type": "http.response.body", "body": self.body if with_body else b""})


def problem(refusal: Refusal) -> Answer:
    body = {
        "type": f"urn:snakeweb:problem:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
    }
    headers = {"Content-Type": "application/problem+json", **refusal.headers}
    return Answer(refusal.status, json.dumps(body).encode(), headers)


class Request:
    """`path` is as it was sent, still quoted, so that an id may hold a slash."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        self.path = raw.split(b"?", 1)[0].decode("ascii")
        self._headers = _headers(scope["headers"])
        self._receive = receive

    def header(self, name: str) -> str:
        return self._headers.get(name.lower(), "")

    def milliseconds(self, name: str, least: int) -> int | None:
        """A header's whole number, None when it was not sent."""
        text = self.header(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least):
            raise Refusal(400, "invalid_header", f"{name} is a whole number of milliseconds from {least} on.")
        return int(text)

    async def body(self, limit: int) -> bytes:
        length = self.header("content-length")
        if length.isdigit() and int(length) > limit:
            raise _too_large(limit)
        parts, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "incomplete_body", "The connection ended before the body did.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                return b"".join(parts)


def unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refusal(400, "invalid_id", "A session's id is UTF-8 text, percent-encoded.") from None


def _headers(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in pairs}


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too_large", f"A session's value has at most {limit} bytes here.")
