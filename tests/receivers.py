"""HTTP receivers that tests start: what came in, and an answer that the test chooses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread

import pytest


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are used up one by one; then every request gets `status`."""

    url: str = ""
    port: int = 0
    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    on_request: Callable[[BaseHTTPRequestHandler], None] | None = None


@contextmanager
def receiving(context: SSLContext | None = None) -> Iterator[Receiver]:
    """On 127.0.0.1, until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.got.append(
                Request(self.path, {name.lower(): value for name, value in self.headers.items()}, content)
            )
            if receiver.on_request is not None:
                return receiver.on_request(self)
            self.send_response(receiver.answers.pop(0) if receiver.answers else receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)
            return None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: a test's output is for people."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: callers hang up in these tests."""

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    receiver.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def trickling(hung_up: Event) -> Callable[[BaseHTTPRequestHandler], None]:
    """For `on_request`: a byte now and then, until whoever asked hangs up, which sets `hung_up`."""

    def trickle(request: BaseHTTPRequestHandler) -> None:
        try:
            while not hung_up.wait(0.01):
                request.wfile.write(b"H")
        except OSError:
            hung_up.set()

    return trickle
