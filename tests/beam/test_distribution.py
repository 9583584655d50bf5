"""Reaching a real node, being refused by it, and peers that are none."""

import contextlib
import itertools
import os
import socket
import struct
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self

import erldistpy
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from migrations_app.beam import distribution
from migrations_app.beam.distribution import NodeAddress
from migrations_app.beam.node import Atom, Node
from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.testing.beam import COOKIE, BeamNode
from migrations_app.testing.servers import free_port
from tests.parallel import at_once
from tests.servers import skip_without_erlang
from tests.stores.sessions.place import wait_until


def test_many_connections_take_few_names(beam_node):
    atoms = []
    with Node(beam_node.address, COOKIE) as watcher:
        for _ in range(3):
            for _ in range(80):
                with Node(beam_node.address, COOKIE) as passing:
                    passing.evaluate("1")
            atoms.append(watcher.evaluate("erlang:system_info(atom_count)"))
    open_at_once = [Node(beam_node.address, COOKIE) for _ in range(8)]
    assert [one.evaluate("X", X=place) for place, one in enumerate(open_at_once)] == list(range(8))
    for one in open_at_once:
        one.close()

    assert atoms[2] - atoms[1] < 40


def test_who_takes_a_name_at_the_same_moment_connects_by_another(beam_node, monkeypatch):
    """Of two handshakes at once under one name the node hangs up on one, in whatever step it is."""
    own = itertools.count(1)
    monkeypatch.setattr(distribution.random, "sample", lambda *_: [next(own) % distribution.NAMES, 0])

    def connect() -> int:
        with Node(beam_node.address, COOKIE) as node:
            return node.evaluate("1")

    for _ in range(20):
        assert at_once(connect, connect, connect) == [1, 1, 1]


def test_a_wrong_cookie_is_a_problem_of_the_cookie(beam_node):
    with Node(beam_node.address, "wrong") as node, pytest.raises(ValidationFailed) as caught:
        node.evaluate("1")
    assert [problem.field for problem in caught.value.problems] == ["secrets.password"]
    assert "wrong" not in caught.value.message


def test_a_name_that_nobody_has_is_said(beam_node):
    with (
        Node(replace(beam_node.address, name="fox@127.0.0.1"), COOKIE) as node,
        pytest.raises(DependencyUnavailable, match="does not know it"),
    ):
        node.evaluate("1")


def test_a_node_with_a_short_name_is_reached_by_it(beam_node, tmp_path):
    command = ["erl", "-noinput", "-sname", "short@localhost", "-setcookie", COOKIE, "-start_epmd", "false"]
    environment = {**os.environ, "ERL_EPMD_PORT": str(beam_node.epmd_port), "HOME": str(tmp_path)}
    loopback = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"]
    with subprocess.Popen([*command, *loopback], env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            address = NodeAddress("short@localhost", epmd_port=beam_node.epmd_port)
            wait_until(lambda: erldistpy.lookup("short", host="127.0.0.1", port=beam_node.epmd_port) is not None)
            with Node(address, COOKIE) as node:
                assert node.evaluate("atom_to_binary(node())") == b"short@localhost"
        finally:
            process.kill()


def test_another_node_at_the_address_is_said(beam_node):
    port = erldistpy.lookup("snakepit", host="127.0.0.1", port=beam_node.epmd_port).port
    with (
        Node(NodeAddress("fox@127.0.0.1", port=port), COOKIE) as node,
        pytest.raises((ValidationFailed, DependencyUnavailable)),
    ):
        node.evaluate("1")


@pytest.mark.parametrize("address", [{"epmd_port": 1}, {"port": 1}])
def test_a_host_where_nothing_listens_is_unavailable(address):
    closed = {name: free_port() for name in address}
    with Node(NodeAddress("snakepit@127.0.0.1", **closed), COOKIE) as node, pytest.raises(DependencyUnavailable):
        node.evaluate("1")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, and a certificate of it for this machine."""
    directory, now = tmp_path_factory.mktemp("tls"), datetime.now(UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "node")}

    def signed(name: str, issuer: str) -> x509.Certificate:
        names = {each: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)}
        made = x509.CertificateBuilder().subject_name(names[name]).issuer_name(names[issuer])
        made = made.public_key(keys[name].public_key()).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        return made.sign(keys[issuer], hashes.SHA256())

    key = keys["node"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    contents = {
        "authority": signed("authority", "authority").public_bytes(Encoding.PEM),
        "certificate": signed("node", "authority").public_bytes(Encoding.PEM),
        "key": key,
    }
    for name, content in contents.items():
        (directory / f"{name}.pem").write_bytes(content)
    return {name: directory / f"{name}.pem" for name in contents}


@pytest.fixture
def encrypted(server_directory, tmp_path, certificates):
    skip_without_erlang()
    with BeamNode(tmp_path / "beam", objects=server_directory / "erlang", tls=certificates) as node:
        yield node


def test_distribution_over_tls_needs_all_three_files(encrypted, tmp_path):
    with Node(encrypted.address, COOKIE) as node:
        assert node.evaluate("X + 1", X=1) == 2
    clear = replace(encrypted.address, certificate="", key="", authority="")
    with Node(clear, COOKIE) as node, pytest.raises((ValidationFailed, DependencyUnavailable)):
        node.evaluate("1")
    missing = replace(encrypted.address, key=str(tmp_path / "none.pem"))
    with Node(missing, COOKIE) as node, pytest.raises(ValidationFailed) as caught:
        node.evaluate("1")
    assert [problem.field for problem in caught.value.problems] == ["config.certificate"]


class FalseNode:
    """Finishes the handshake as a node would and is there, then sends these bytes, whatever it is asked.

    With `keeps` off it hangs up after each handshake.
    """

    def __init__(self, answer: bytes, *, keeps: bool = True) -> None:
        self._answer, self._keeps, self.greeted = answer, keeps, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = NodeAddress("false@127.0.0.1", port=self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _serve(self) -> None:
        with self._listening:
            for _ in range(1 if self._keeps else distribution.HANG_UPS):
                with self._listening.accept()[0] as peer, contextlib.suppress(ConnectionError):
                    self._greet(peer)
                    if self._keeps:
                        self._is_there(peer)
                        peer.recv(65536)
                        peer.sendall(self._answer)
                        peer.recv(1)

    def _greet(self, peer: socket.socket) -> None:
        self._receive(peer)
        self._send(peer, b"sok")
        flags = erldistpy.flags.DEFAULT_FLAGS
        name = self.address.name.encode()
        self._send(peer, b"N" + struct.pack(">QIIH", flags, 7, 1, len(name)) + name)
        reply = self._receive(peer)
        (challenge,) = struct.unpack(">I", reply[1:5])
        self._send(peer, b"a" + erldistpy.handshake.__globals__["cookie_digest"](COOKIE, challenge))
        self.greeted += 1

    @staticmethod
    def _is_there(peer: socket.socket) -> None:
        (size,) = struct.unpack(">I", peer.recv(4))
        frame = peer.recv(size)
        _, end = erldistpy.etf.decode_term(frame, 1)
        (caller, mark) = erldistpy.etf.decode_term(frame, end)[0][1]
        control, said = (2, Atom(""), caller), (mark, Atom("yes"))
        peer.sendall(framed(b"p" + erldistpy.encode(control) + erldistpy.encode(said)))

    @staticmethod
    def _receive(peer: socket.socket) -> bytes:
        (size,) = struct.unpack(">H", peer.recv(2))
        return peer.recv(size)

    @staticmethod
    def _send(peer: socket.socket, body: bytes) -> None:
        peer.sendall(struct.pack(">H", len(body)) + body)


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


TO_US = erldistpy.encode((2, Atom(""), erldistpy.Pid(Atom("a@b"), 1, 0, 0)))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\xff\xff\xff\xff", "4,294,967,295 bytes"),
        (framed(b"p" + b"\x83" + b"h\x01" * 50_000), "no term"),
        (framed(b"p" + TO_US + b"\x83" + b"l\x00\x00\x00\x01" * 50_000), "no term"),
        (framed(b"p" + TO_US + b"\x83t\x00\x00\x00\x01lj"), "no term"),
        (framed(b"p\x83\xff"), "no term"),
        (framed(b"p"), "no term"),
        (b"\x00\x00\x01\x00short", "within"),
        (b"\x00\x00\x00\x00" * 3, "within"),
        (framed(b"\x83D\x00whatever"), "within"),
        (framed(b"p" + erldistpy.encode((99, Atom("x")))), "within"),
    ],
)
def test_a_hostile_answer_ends_the_call_and_nothing_else(answer, said):
    with (
        FalseNode(answer) as false,
        Node(false.address, COOKIE) as node,
        pytest.raises(DependencyUnavailable, match=said),
    ):
        node.evaluate("1", seconds=0.5)


def test_a_node_that_keeps_no_connection_is_tried_under_other_names_and_is_no_matter_of_the_cookie():
    with (
        FalseNode(b"", keeps=False) as hasty,
        Node(hasty.address, COOKIE) as node,
        pytest.raises(DependencyUnavailable, match="hung up right after the handshake"),
    ):
        node.evaluate("1")
    assert hasty.greeted == distribution.HANG_UPS


def test_a_peer_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(distribution, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        node = Node(NodeAddress("mute@127.0.0.1", port=silent.getsockname()[1]), COOKIE)
        with pytest.raises(DependencyUnavailable, match="handshake"):
            node.evaluate("1")
