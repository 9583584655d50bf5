"""One call of Apprise's against services with too long an answer, and names that lead elsewhere a moment later."""

from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest

from migrations_app.runtime import apprise_call
from migrations_app.runtime.apprise_call import Judged, NotTaken, notified
from tests.receivers import Receiver, trickling

MIB = 2**20
HERE = Judged(("127.0.0.0/8",), encrypted=False)
ELSEWHERE = Judged((), encrypted=True)


def test_a_service_that_sends_a_byte_now_and_then_is_not_waited_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up = Event()
    receiver.on_request = trickling(hung_up)
    for seconds in (2.0, 60.0):  # a slow machine may take the first two to begin
        monkeypatch.setattr(apprise_call, "MOST_SECONDS", seconds)
        with pytest.raises(NotTaken, match=f"did not answer within {seconds:g} s"):
            notified(f"json://127.0.0.1:{receiver.port}/?rto=60", "s", "t", HERE)
        if receiver.got:
            break

    assert hung_up.wait(60)


def test_an_answer_that_needs_more_than_its_memory_is_not_taken(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_call, "MOST_MEMORY", 350 * MIB)
    monkeypatch.setattr(apprise_call, "MOST_SECONDS", 300.0)  # time is not what ends it
    notified(f"json://127.0.0.1:{receiver.port}/", "s", "t", HERE)  # it is enough for a short answer

    def large(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * MIB))
            for _ in range(200):
                request.wfile.write(b"x" * MIB)

    receiver.on_request = large
    with pytest.raises(NotTaken, match="did not take it"):
        notified(f"json://127.0.0.1:{receiver.port}/", "s", "t", HERE)


def test_what_a_name_leads_to_is_judged_where_it_is_connected_to(receiver: Receiver) -> None:
    """As where the name led to another address when it was judged before."""
    for address in (f"jsons://localhost:{receiver.port}/", f"json://u:p@good.example@127.0.0.1:{receiver.port}/"):
        with pytest.raises(NotTaken):
            notified(address, "s", "t", ELSEWHERE)

    assert receiver.got == []
    notified(f"json://localhost:{receiver.port}/", "s", "t", HERE)
    assert len(receiver.got) == 1


def test_it_is_given_nothing_of_the_installation(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAKEWEB_SECRET_KEYS", "a key")
    given: dict[str, object] = {}
    real = apprise_call.subprocess.run

    def seen(*words: object, **how: object) -> object:
        given.update(how, words=words)
        return real(*words, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(apprise_call.subprocess, "run", seen)
    notified(f"json://127.0.0.1:{receiver.port}/?key=s3cret", "s", "t", HERE)
    assert "s3cret" not in str(given["words"])
    assert "a key" not in str(given["env"])
