"""A real daphne refuses a body that is too large before it has read it."""

import json
import socket
from collections.abc import Iterator

import pytest

from migrations_app.web.body_limit import most_bytes
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Web]:
    with web_process(tmp_path_factory.mktemp("web"), "redis://127.0.0.1:1/0") as running:
        yield running


def said(web: Web, head: str, body: bytes = b"") -> tuple[bytes, bytes]:
    """Head and body of the answer, which is read before anything more is sent."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    return answer.split(b"\r\n\r\n", 1)  # type: ignore[return-value]


def head(web: Web, path: str, *more: str) -> str:
    return "\n".join((f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{web.port}", "Connection: close", *more))


def test_by_the_length_that_is_announced_with_no_byte_of_it_sent(web: Web) -> None:
    top, body = said(web, head(web, "/api/v1/migrations", f"Content-Length: {most_bytes() + 1}"))
    assert top.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in top
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["instance"]) == (413, "body_too_large", "/api/v1/migrations")


def test_by_what_comes_where_no_length_is_announced(web: Web) -> None:
    piece = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
    pieces = piece * (most_bytes() // 65536 + 2)
    top, body = said(web, head(web, "/migrations/import/", "Transfer-Encoding: chunked"), pieces)
    assert top.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 2 MiB" in body


def test_what_is_in_between_is_judged_by_django_and_what_fits_is_read(web: Web) -> None:
    for size, status in ((2 * 1024 * 1024 + 10, b"413"), (1_000, b"401")):
        body = json.dumps({"title": "x" * size}).encode()
        lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        top, answer = said(web, head(web, "/api/v1/migrations", *lines), body)
        assert top.split()[1] in (status, b"401")
        assert b"application/problem+json" in top
        assert json.loads(answer)["fix"]
    assert "Traceback" not in web.log
