"""How a supervisor and its workers speak: one line of JSON there, one back, on a Unix socket.

No HTTP: a worker is started again and again, and importing that would be most of its start.
"""

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

MOST_WAITING = 128
Answer = tuple[int, Mapping[str, Any]]
# Method, path, body.
Answering = Callable[[str, str, dict[str, Any]], Answer]


def refusal(status: int, error: str, message: str) -> Answer:
    return status, {"error": error, "message": message}


def serve_lines(path: str, answering: Answering) -> None:
    """Goes on in threads, one for each question. Only the owner of the process may connect."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(MOST_WAITING)
    threading.Thread(target=_accept, args=[listener, answering], daemon=True).start()


def _accept(listener: socket.socket, answering: Answering) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=[connection, answering], daemon=True).start()


def _serve(connection: socket.socket, answering: Answering) -> None:
    with connection, connection.makefile("rwb") as file:
        if not (line := file.readline()):
            return  # who connected has gone
        asked = json.loads(line)
        answer = answering(asked["method"], asked["path"], asked["body"])
        file.write(json.dumps(answer).encode() + b"\n")


def ask(path: str, method: str, url: str, body: Mapping[str, Any] | None = None, *, seconds: float) -> Answer:
    """One question. Raises OSError or ValueError when there is no answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        asked = {"method": method, "path": url, "body": body or {}}
        connection.sendall(json.dumps(asked).encode() + b"\n")
        with connection.makefile("rb") as file:
            line = file.readline()
    if not line.endswith(b"\n"):
        raise ConnectionResetError("it closed the connection without an answer")
    status, document = json.loads(line)
    return status, document
