"""The client of outgoing calls: where it goes, where it never goes, and what it does not wait for."""

import ipaddress
import re
import socket
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest
import trustme

from migrations_app.runtime import outgoing
from migrations_app.runtime.outgoing import MOST_READ, AddressRefused, CallFailed, post, why_refused
from tests.receivers import Receiver, receiving, trickling

NOWHERE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "192.0.0.192",
    "168.63.129.16",
    "198.18.0.1",
    "203.0.113.5",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "fec0::1",
]


class Names:
    """A resolver whose answers the test chooses, one after the other; `asked` are the names it was asked for."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *rest: object, **more: object) -> object:
        if host not in self.answers:
            return self._real(host, port, *rest, **more)
        self.asked.append(host)
        left = self.answers[host]
        return self._real(left.pop(0) if len(left) > 1 else left[0], port, *rest, **more)


@pytest.mark.parametrize("text", NOWHERE)
def test_no_call_goes_to_an_address_that_is_not_public(text: str) -> None:
    assert why_refused(ipaddress.ip_address(text), ())


def test_a_named_network_is_open_and_no_other() -> None:
    allowed = (ipaddress.ip_network("10.2.0.0/16"), ipaddress.ip_network("fd12::/64"))
    judged = {
        text: why_refused(ipaddress.ip_address(text), allowed) == ""
        for text in ("10.2.3.4", "10.3.0.1", "fd12::5", "::ffff:10.2.3.4", "8.8.8.8", "2606:4700::1111")
    }

    assert judged == {
        "10.2.3.4": True,
        "10.3.0.1": False,
        "fd12::5": True,
        "::ffff:10.2.3.4": False,
        "8.8.8.8": True,
        "2606:4700::1111": True,
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_however_this_machine_is_written_nothing_is_sent(host: str, receiver: Receiver, settings) -> None:
    settings.SNAKEWEB_OUTGOING_NETWORKS = ()

    with pytest.raises(AddressRefused):
        post(f"http://{host}:{receiver.port}/", b"{}", {})
    assert receiver.got == []


def test_a_name_is_looked_up_once_and_its_address_connected_to(monkeypatch, receiver: Receiver) -> None:
    names = Names(rebinding_example=["127.0.0.1", "169.254.169.254"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    answer = post(f"http://rebinding.example:{receiver.port}/x?y=1", b"{}", {"A": "b"})

    assert (answer.status, names.asked) == (204, ["rebinding.example"])
    assert [(got.path, got.headers["host"], got.headers["a"]) for got in receiver.got] == [
        ("/x?y=1", f"rebinding.example:{receiver.port}", "b")
    ]


def test_a_name_that_leads_inside_is_refused_by_its_address(monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(inside_example=["10.0.0.5"]))

    with pytest.raises(AddressRefused, match=r"inside\.example: 10\.0\.0\.5 is not a public address"):
        post("https://inside.example/", b"{}", {})


def test_without_encryption_a_call_goes_to_named_networks_only(monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(public_example=["93.184.215.14"]))

    with pytest.raises(AddressRefused, match="without encryption"):
        post("http://public.example/", b"{}", {})


def test_the_certificate_has_to_be_of_the_name_although_an_address_was_connected_to(
    monkeypatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(socket, "getaddrinfo", Names(good_example=["127.0.0.1"], other_example=["127.0.0.1"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("good.example").configure_cert(context)
    with receiving(context) as receiver:
        good = post(f"https://good.example:{receiver.port}/", b"{}", {})
        with pytest.raises(CallFailed, match=r"other\.example does not answer"):
            post(f"https://other.example:{receiver.port}/", b"{}", {})

    assert (good.status, len(receiver.got)) == (204, 1)


def test_a_redirect_is_an_answer_and_leads_nowhere(receiver: Receiver) -> None:
    with receiving() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        answer = post(receiver.url, b"{}", {})

    assert (answer.status, answer.is_success, other.got) == (307, False, [])


def test_proxies_of_the_environment_are_not_asked(monkeypatch, receiver: Receiver) -> None:
    with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(receiver.url, b"{}", {})

    assert (len(receiver.got), proxy.got) == (1, [])


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(receiver: Receiver) -> None:
    hung_up = Event()
    receiver.on_request = trickling(hung_up)
    with pytest.raises(CallFailed, match=r"127\.0\.0\.1 does not answer"):
        post(receiver.url, b"{}", {}, seconds=0.3)
    assert hung_up.wait(60)


@pytest.mark.parametrize("ends", [True, False])
def test_the_status_is_the_answer_whatever_becomes_of_the_rest(receiver: Receiver, ends: bool) -> None:
    """A receiver that hangs up, or that keeps the connection open without saying how long its answer is."""
    hung_up = Event()

    def cut_short(request: BaseHTTPRequestHandler) -> None:
        length = b"Content-Length: 100\r\n" if ends else b""
        request.wfile.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\nthanks")
        if not ends:
            hung_up.set() if not request.rfile.read(1) else None

    receiver.on_request = cut_short
    try:
        answer = post(receiver.url, b"{}", {}, seconds=60 if ends else 0.5)
    except CallFailed:  # a slow machine had not begun to answer by then
        answer = post(receiver.url, b"{}", {}, seconds=20)
    assert (answer.status, answer.body) == (200, b"thanks")
    assert ends or hung_up.wait(60)


def test_only_the_first_bytes_of_an_answer_are_read(receiver: Receiver) -> None:
    receiver.status, receiver.body = 200, b"x" * 5_000_000

    assert post(receiver.url, b"{}", {}).body == b"x" * MOST_READ


def test_a_message_that_is_too_long_is_not_sent(receiver: Receiver) -> None:
    with pytest.raises(CallFailed, match="262,145 bytes"):
        post(receiver.url, b"x" * (outgoing.MOST_SENT + 1), {})
    assert receiver.got == []


@pytest.mark.parametrize("url", ["", "ftp://x/", "https://", "https://x:0/", "https://x:99999/", "https://x/\n", "//x"])
def test_what_is_no_address_of_a_web_server_is_refused(url: str) -> None:
    assert outgoing.problem_with(url)
    with pytest.raises(AddressRefused):
        post(url, b"", {})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pass@[2606:4700::1111]:8443/in?key=s#t", r"https://\[2606:4700::1111\]:8443/…[0-9a-f]{6}"),
        ("https://hooks.example.org/services/T024/B03/token", r"https://hooks\.example\.org/…[0-9a-f]{6}"),
        ("https://example.org?key=s", r"https://example\.org/…[0-9a-f]{6}"),
        ("https://me:pass@example.org", r"https://example\.org/"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert re.fullmatch(shown, outgoing.shown(url))


def test_two_addresses_of_one_server_are_told_apart() -> None:
    addresses = ["https://example.org/a", "https://example.org/b", "https://example.org/a?b", "https://example.org/"]
    assert len({outgoing.shown(url) for url in addresses}) == len(addresses)


def test_credentials_of_an_address_are_sent_as_such(receiver: Receiver) -> None:
    post(receiver.url.replace("//", "//me:p%40ss@"), b"{}", {})

    assert receiver.got[0].headers["authorization"] == "Basic bWU6cEBzcw=="
