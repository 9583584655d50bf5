"""A real daphne that is told to stop: what was asked before is answered, and nothing is taken any more."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.parallel import wait_for
from tests.web.slow_asgi import GATE
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

REQUEST = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(GATE, str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def web(tmp_path: Path, gate: Path) -> Iterator[Web]:
    with web_process(tmp_path, "redis://127.0.0.1:1/0", "tests.web.slow_asgi:application") as running:
        yield running


def rest(line: socket.socket) -> bytes:
    """All that still comes, until the server closes the connection."""
    line.settimeout(20)
    parts = b""
    while part := line.recv(65536):
        parts += part
    return parts


def connected(web: Web) -> socket.socket:
    return socket.create_connection(("127.0.0.1", web.port), timeout=20)


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def refused(web: Web) -> bool:
    try:
        connected(web).close()
    except ConnectionRefusedError:
        return True
    return False


def test_what_was_asked_is_answered_and_the_door_is_closed_meanwhile(web: Web, gate: Path, lines: ExitStack) -> None:
    assert web.process is not None
    slow, kept, arriving = (lines.enter_context(connected(web)) for _ in range(3))
    slow.sendall(REQUEST % b"/slow")
    wait_for(gate.with_suffix(".asked").exists)
    kept.sendall(REQUEST % b"/healthz")
    assert b"200" in kept.recv(65536)

    web.process.popen.send_signal(signal.SIGTERM)
    wait_for(lambda: refused(web))
    arriving.sendall(REQUEST % b"/healthz")
    kept.sendall(REQUEST % b"/healthz")
    for line in (arriving, kept):
        answer = rest(line)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer.lower()
    assert web.process.running

    gate.touch()
    assert rest(slow).endswith(b"begunended")
    assert web.process.popen.wait(60) == 0
    assert "Traceback" not in web.log
