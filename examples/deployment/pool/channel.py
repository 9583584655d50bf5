"""JSON over HTTP, on a Unix socket or on loopback: how dispatcher and control channel are spoken to."""

import http.server
import json
import os
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.deployment.pool.lines import Answer, refusal

MOST_BYTES = 1_000_000
# Method, path, body, bearer token ('' for none).
Answering = Callable[[str, str, dict[str, Any], str], Answer]


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
