"""JSON over HTTP, on a Unix socket or on loopback: how workers, dispatcher and control channel are spoken to."""

import http.client
import http.server
import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MOST_BYTES = 1_000_000
Answer = tuple[int, Mapping[str, Any]]
# Method, path, body, bearer token ('' for none).
Answering = Callable[[str, str, dict[str, Any], str], Answer]


def refusal(status: int, error: str, message: str) -> Answer:
    return status, {"error": error, "message": message}


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


class _TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True


def serve_unix(path: Path, answering: Answering) -> socketserver.BaseServer:
    """Only the owner of the process may connect."""
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        return _started(_UnixServer(str(path), _handler(answering)))
    finally:
        os.umask(before)


def serve_tcp(port: int, answering: Answering) -> tuple[socketserver.BaseServer, str]:
    """On loopback; with its address. Port 0 is any free one."""
    server = _TcpServer(("127.0.0.1", port), _handler(answering))
    return _started(server), f"http://127.0.0.1:{server.server_address[1]}"


def _started(server: socketserver.BaseServer) -> socketserver.BaseServer:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server


def _handler(answering: Answering) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            given = self.rfile.read(length) if length <= MOST_BYTES else b""
            try:
                body = json.loads(given or b"{}") if length <= MOST_BYTES else None
            except ValueError:
                body = None
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if isinstance(body, dict):
                status, document = answering(self.command, self.path, body, token)
            else:
                status, document = refusal(400, "malformed", "The body is no JSON object.")
                self.close_connection = True
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: Any) -> None:
            """The events file says what happens; requests are too many to name."""

    return Handler


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, method: str, url: str, body: Mapping[str, Any] | None = None, *, seconds: float) -> Answer:
    """One call over a Unix socket. Raises OSError or http.client.HTTPException when there is no answer."""
    connection = UnixConnection(path, seconds)
    try:
        connection.request(method, url, json.dumps(body).encode() if body is not None else None)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
