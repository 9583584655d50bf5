"""Reaching a real node, being refused by it, and peers that are none."""

import contextlib
import socket
import struct
import threading
from dataclasses import replace
from typing import Self

import erldistpy
import pytest

from migrations_app.beam import distribution
from migrations_app.beam.distribution import NodeAddress
from migrations_app.beam.node import Atom, Node
from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.testing.beam import COOKIE
from migrations_app.testing.servers import free_port


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


class FalseNode:
    """Finishes the handshake as a node would, then sends these bytes, whatever it is asked."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = NodeAddress("false@127.0.0.1", port=self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _serve(self) -> None:
        with self._listening, self._listening.accept()[0] as peer, contextlib.suppress(ConnectionError):
            self._receive(peer)
            self._send(peer, b"sok")
            flags = erldistpy.flags.DEFAULT_FLAGS
            name = self.address.name.encode()
            self._send(peer, b"N" + struct.pack(">QIIH", flags, 7, 1, len(name)) + name)
            reply = self._receive(peer)
            (challenge,) = struct.unpack(">I", reply[1:5])
            self._send(peer, b"a" + erldistpy.handshake.__globals__["cookie_digest"](COOKIE, challenge))
            peer.recv(65536)
            peer.sendall(self._answer)
            peer.recv(1)

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


def test_a_peer_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(distribution, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        node = Node(NodeAddress("mute@127.0.0.1", port=silent.getsockname()[1]), COOKIE)
        with pytest.raises(DependencyUnavailable, match="handshake"):
            node.evaluate("1")
