"""Streams as they come over a real connection: whole, broken off, held back, or not there at all."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from migrations_app.cli import client as module
from migrations_app.cli.client import Client, NotStreamed, connected
from migrations_app.cli.exits import CommandFailed, Exit

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"

AWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BACK = b'HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{"run": 7}'
TAKEN = b'{"detail": "Not answered yet.", "fix": "Wait.", "code": "request_in_progress"}'
IN_PROGRESS = (
    b"HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(TAKEN), TAKEN)
)


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


@contextmanager
def answering(content: bytes, then: Callable[[], object] = lambda: None) -> Iterator[Client]:
    """A connection whose other end says `content` to whatever it is asked, and closes after `then`."""

    class Other(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(content)
            then()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with connected(f"http://127.0.0.1:{server.server_address[1]}", "swk_x") as client:
            yield client
        server.shutdown()


@contextmanager
def answering_each(answers: list[bytes]) -> Iterator[tuple[Client, list[str]]]:
    """A connection whose other end says the next of them each time, and the keys that it was asked with."""
    keys: list[str] = []

    class Other(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked = self.request.recv(65536).decode().lower()
            keys.append(asked.partition("idempotency-key: ")[2].partition("\r\n")[0])
            self.request.sendall(answers.pop(0))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with connected(f"http://127.0.0.1:{server.server_address[1]}", "swk_x") as client:
            yield client, keys
        server.shutdown()


def test_lines_come_in_whatever_pieces_they_were_sent() -> None:
    with answering(STREAM + chunk(b'{"event": 1}\n{"ev') + chunk(b'ent": 2}\n') + chunk(b"")) as client:
        assert list(client.lines("/x")) == [{"event": 1}, {"event": 2}]


@pytest.mark.parametrize("rest", [b"", chunk(b'{"half'), chunk(b"<html>\n") + chunk(b"")], ids=["cut", "half", "other"])
def test_what_breaks_off_has_been_told_up_to_there(rest: bytes) -> None:
    with answering(STREAM + chunk(b'{"event": 1}\n') + rest) as client:
        lines = client.lines("/x")
        assert next(lines) == {"event": 1}
        with pytest.raises(CommandFailed, match="broke off") as broken:
            next(lines)
    assert (broken.value.status, isinstance(broken.value, NotStreamed)) == (Exit.UNREACHABLE, False)


def test_what_is_held_back_or_of_another_kind_is_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.05)
    asked = threading.Event()
    with answering(STREAM, then=lambda: asked.wait(60)) as client:
        with pytest.raises(NotStreamed):
            next(client.lines("/x"))
        asked.set()
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
    with answering(page) as client, pytest.raises(NotStreamed):
        next(client.lines("/x"))


def test_a_refusal_is_one() -> None:
    problem = b'{"detail": "No.", "fix": "Ask.", "code": "not_found"}'
    head = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n" % len(
        problem
    )
    with answering(head + problem) as client, pytest.raises(CommandFailed, match=r"No\. Ask\.") as refused:
        next(client.lines("/x"))
    assert refused.value.status is Exit.REFUSED


def test_an_answer_that_was_lost_is_asked_for_again_until_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It went away in the middle, with its answer; a proxy says so meanwhile."""
    monkeypatch.setattr(module, "AGAIN", 0.01)
    monkeypatch.setattr(module, "AGAIN_FOR", 60.0)
    answers = [b"", AWAY, IN_PROGRESS, AWAY, BACK]
    with answering_each(answers) as (client, keys):
        assert client.post("/migrations/5/execute") == {"run": 7}
        answers += [AWAY]
        with pytest.raises(CommandFailed) as refused:
            client.post("/migrations/5/execute")

    assert (len(keys), len(set(keys[:5]))) == (6, 1)
    assert (refused.value.status, "may have been" in str(refused.value)) == (Exit.UNREACHABLE, False)


def test_a_request_that_nobody_will_answer_any_more_may_have_been_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its server died in the middle, with its key taken. Without a lost answer that key is another one's, who waits."""
    monkeypatch.setattr(module, "AGAIN", 0.01)
    monkeypatch.setattr(module, "AGAIN_FOR", 0.5)
    with answering_each([b"", *[IN_PROGRESS] * 1_000]) as (client, keys):
        with pytest.raises(
            CommandFailed, match=r"(?s)Not answered.*may have been carried out.*snakeweb status"
        ) as lost:
            client.post("/migrations/5/execute")
        asked = len(keys)
        with pytest.raises(CommandFailed) as refused:
            client.post("/migrations/5/execute")

    assert (lost.value.status, len(set(keys[:asked]))) == (Exit.UNREACHABLE, 1)
    assert (refused.value.status, len(keys)) == (Exit.REFUSED, asked + 1)
