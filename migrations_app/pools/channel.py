"""One call of docs/worker-pool-protocol.md, over TCP or a Unix socket. Standard library only; follows no redirect."""

import dataclasses
import http.client
import json
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.pools.base import PoolMissing

MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """`error`: the pool's word for what it refused, '' when it did not."""

    status: int
    document: Mapping[str, Any]

    @property
    def error(self) -> str:
        return str(self.document.get("error", "")) if self.status >= 400 else ""

    @property
    def message(self) -> str:
        return str(self.document.get("message", ""))[:500]


@dataclass(frozen=True, slots=True)
class Channel:
    """`place` is what people know the pool by, `field` where they entered it. A connection of its own for each call, so
    a supervisor that was started again meanwhile is no error."""

    place: str
    field: str
    connect: Callable[[], http.client.HTTPConnection]
    prefix: str = ""
    token: str = dataclasses.field(default="", repr=False)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Raises DependencyUnavailable without an answer (whether it took effect is unknown then) or with a 5xx one,
        ValidationFailed when the token is refused, PoolMissing when what answers is no worker pool."""
        if not self.token.isascii() or not self.token.isprintable():
            raise self._refused("This is no bearer token; it was not sent.")
        connection = self.connect()
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, self.prefix + path, content, headers)
            response = connection.getresponse()
            status, given = response.status, response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise DependencyUnavailable(f"The worker pool at {self.place} does not answer: {why}.") from error
        finally:
            connection.close()
        return self._checked(status, given)

    def _checked(self, status: int, given: bytes) -> Reply:
        if status in (401, 403):
            raise self._refused("The pool refuses this token.")
        if status >= 500:
            raise DependencyUnavailable(f"The worker pool at {self.place} answers with status {status}.")
        try:
            document = json.loads(given)
        except ValueError:
            document = None
        if not isinstance(document, dict) or len(given) > MOST_BYTES or 300 <= status < 400:
            raise self.stranger(f"it answers with status {status} and no JSON object")
        return Reply(status, document)

    def _refused(self, why: str) -> ValidationFailed:
        problem = Problem("secrets.password", why, "Enter the pool's token.", "refused")
        return ValidationFailed(f"The worker pool at {self.place} cannot be asked. {why}", problems=[problem])

    def stranger(self, why: str) -> PoolMissing:
        message = f"What answers at {self.place} is no worker pool that speaks our protocol: {why}."
        return PoolMissing(
            message, field=self.field, fix="Correct the address; docs/worker-pool-protocol.md says more."
        )


def over_tcp(url: str, token: str, *, authority: str, seconds: float) -> Channel:
    """`url` is checked already. `authority`: a file with the certificates to trust instead of the machine's."""
    parts = urllib.parse.urlsplit(url)
    host, port = str(parts.hostname), parts.port

    def connect() -> http.client.HTTPConnection:
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            trusted = ssl.create_default_context(cafile=authority or None)
        except OSError as error:
            problem = Problem("config.authority", f"{authority} cannot be read.", "Name a PEM file.", "unreadable")
            raise ValidationFailed(f"{authority} was not read: {error}.", problems=[problem]) from error
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=trusted)

    return Channel(parts.netloc, "config.url", connect, parts.path.rstrip("/"), token)


def over_socket(path: str, *, seconds: float) -> Channel:
    return Channel(path, "config.path", lambda: _UnixConnection(path, seconds))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
