"""A connection to a live node as one of its hidden peers, over the Erlang distribution protocol.

Handshake and term codec come from `erldistpy`; here are the frames, with limits on how long and how large an answer
may be. Protocol: https://www.erlang.org/doc/apps/erts/erl_dist_protocol.html
"""

import random
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Any

from erldistpy import (  # type: ignore[import-untyped]
    Atom,
    EpmdError,
    HandshakeError,
    Pid,
    Reference,
    encode,
    handshake,
    lookup,
    make_dist_tls_context,
)
from erldistpy.etf import decode_term  # type: ignore[import-untyped]

from migrations_app.engine.errors import DependencyUnavailable, MigrationError, Problem, ValidationFailed

CONNECT_SECONDS = 5.0
LARGEST_ANSWER = 256 * 1024 * 1024  # bytes
NAMES = 64  # each name that connects stays an atom of the node for ever, so they are few and taken again
HANG_UPS = 3  # of two handshakes at once under one name the node hangs up on the earlier; a wrong cookie ends so too
_REG_SEND, _SENDS = 6, (2, 22)
_PASS_THROUGH = 0x70
_NO_COOKIE = Atom("")


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """`name` is `snakepit@host`. `port` 0: the port mapper (EPMD) on that host and `epmd_port` tells it.

    `certificate`, `key` and `authority` are paths of PEM files; all three, or none for a connection in the clear.
    """

    name: str
    epmd_port: int = 4369
    port: int = 0
    certificate: str = ""
    key: str = ""
    authority: str = ""

    @property
    def host(self) -> str:
        return self.name.partition("@")[2]

    @property
    def on_loopback(self) -> bool:
        return self.host.startswith(("127.", "localhost"))


class _NotKept(ConnectionError):
    """The node hung up after the handshake, as it does where another one under the same name came first."""


class Connection:
    """Open until `close()`. Not thread-safe.

    Raises DependencyUnavailable when the node is not there, ValidationFailed when it refuses us.
    """

    def __init__(self, address: NodeAddress, cookie: str) -> None:
        self._address = address
        self._calls = 0
        numbers = random.sample(range(NAMES), NAMES)  # spreads names, guards nothing
        hung_up = 0
        while True:
            name = f"snakeweb{numbers.pop()}@{_own_host(address.host)}"
            self._socket = _reach(address)
            try:
                self._greet(name, cookie)
            except (HandshakeError, OSError) as error:
                self._socket.close()
                hung_up += _is_hang_up(error)
                if numbers and (_is_taken(error) or 0 < hung_up < HANG_UPS):
                    continue  # somebody else of ours is connected, or was connecting, under that name
                raise _refused(address, error) from None
            except BaseException:
                self._socket.close()
                raise
            return

    def _greet(self, name: str, cookie: str) -> None:
        """Shake hands, and see that the node keeps the connection: it decides that after the last word of a handshake.

        Raises HandshakeError, OSError, DependencyUnavailable, ValidationFailed.
        """
        known = handshake(
            self._socket,
            our_name=name,
            cookie=cookie,
            timeout=CONNECT_SECONDS,
            frame_size=4 if self._address.certificate else 2,
        )
        if known.peer_name != self._address.name:
            raise _other_node(self._address, known.peer_name)
        self._me = Pid(Atom(name), 1, 0, known.our_creation)
        try:  # what a node's own ping asks
            self._exchanged("net_kernel", (Atom("is_auth"), Atom(name)), time.monotonic() + CONNECT_SECONDS)
        except ConnectionError as error:
            raise _NotKept from error

    def close(self) -> None:
        self._socket.close()

    def call(self, server: str, request: Any, seconds: float) -> Any:
        """The answer of a registered gen_server. After an error the connection must be closed.

        Raises DependencyUnavailable: whether the call took effect is unknown then.
        """
        try:
            return self._exchanged(server, request, time.monotonic() + seconds)
        except TimeoutError:
            raise unavailable(self._address, f"did not answer within {seconds:g} s") from None
        except OSError as error:
            raise unavailable(self._address, f"went away: {error.strerror or 'the connection broke'}") from None

    def _exchanged(self, server: str, request: Any, deadline: float) -> Any:
        self._calls += 1
        mark = Reference(self._me.node, self._me.creation, (self._calls, 0, 0))
        message = (Atom("$gen_call"), (self._me, mark), request)
        control = (_REG_SEND, self._me, _NO_COOKIE, Atom(server))
        self._send(bytes([_PASS_THROUGH]) + encode(control) + encode(message), deadline)
        while True:
            answer = _message(self._frame(deadline))
            if isinstance(answer, tuple) and len(answer) == 2 and answer[0] == mark:
                return answer[1]

    def _send(self, body: bytes, deadline: float) -> None:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        self._socket.sendall(struct.pack(">I", len(body)) + body)

    def _frame(self, deadline: float) -> bytes:
        """The next frame that is no tick."""
        while True:
            (size,) = struct.unpack(">I", self._exactly(4, deadline))
            if size > LARGEST_ANSWER:
                raise unavailable(
                    self._address, f"answered with {size:,} bytes, more than the {LARGEST_ANSWER:,} that are read"
                )
            if size:
                return self._exactly(size, deadline)

    def _exactly(self, size: int, deadline: float) -> bytes:
        data, filled = bytearray(size), 0
        view = memoryview(data)
        while filled < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            got = self._socket.recv_into(view[filled:])
            if not got:
                raise ConnectionResetError
            filled += got
        return bytes(data)


def unavailable(address: NodeAddress, what: str) -> DependencyUnavailable:
    return DependencyUnavailable(f"The node {address.name} {what}.", details={"node": address.name})


def _message(frame: bytes) -> Any:
    """The term that the frame carries to us; None for anything else. Raises DependencyUnavailable for rubbish."""
    try:
        if frame[0] != _PASS_THROUGH:
            return None
        control, end = decode_term(frame, 1)
        if not isinstance(control, tuple) or control[0] not in _SENDS:
            return None
        return decode_term(frame, end)[0]
    except (ValueError, LookupError, TypeError, struct.error, RecursionError, OverflowError):
        # What comes from the node is not trusted: a hostile term ends here, whatever is wrong with it.
        raise DependencyUnavailable("The node's answer is no term that is understood here.") from None


def _own_host(host: str) -> str:
    """The peer's kind of name, long or short, decides which of ours it talks to."""
    return "snakeweb.invalid" if "." in host else "snakeweb"


def _reach(address: NodeAddress) -> socket.socket:
    try:
        connected = socket.create_connection((address.host, _port(address)), CONNECT_SECONDS)
    except OSError as error:
        raise unavailable(address, f"does not answer: {error.strerror or error}") from None
    if not address.certificate:
        return connected
    try:
        context: ssl.SSLContext = make_dist_tls_context(cert=address.certificate, key=address.key, ca=address.authority)
        return context.wrap_socket(connected, server_hostname=address.host)
    except (OSError, ssl.SSLError) as error:
        connected.close()
        raise _tls_failed(address, error) from None


def _port(address: NodeAddress) -> int:
    if address.port:
        return address.port
    short, _, host = address.name.partition("@")
    try:
        found = lookup(short, host=host, port=address.epmd_port, timeout=CONNECT_SECONDS)
    except EpmdError:
        raise unavailable(
            address, f"cannot be looked up: no port mapper answers at {host}:{address.epmd_port}"
        ) from None
    if found is None:
        raise unavailable(address, f"is not there: the port mapper at {host}:{address.epmd_port} does not know it")
    return int(found.port)


def _is_taken(error: Exception) -> bool:
    return "status=" in str(error)


def _is_hang_up(error: Exception) -> bool:
    return isinstance(error, ConnectionError) or "closed connection" in str(error)


def _refused(address: NodeAddress, error: Exception) -> MigrationError:
    if isinstance(error, TimeoutError):
        return unavailable(address, f"did not finish the handshake within {CONNECT_SECONDS:g} s")
    if _is_taken(error):
        return unavailable(address, f"is in use by {NAMES} connections of ours already")
    if isinstance(error, _NotKept):
        return unavailable(address, "hung up right after the handshake")
    message = f"The node {address.name} hung up during the handshake: most likely the cookie is not its own."
    fix = "Give the cookie that the node runs with; if it uses TLS for distribution, name the three PEM files."
    return ValidationFailed(message, problems=[Problem("secrets.password", message, fix, "wrong_cookie")])


def _other_node(address: NodeAddress, name: str) -> ValidationFailed:
    message = f"At the address of {address.name} the node {name} answers."
    return ValidationFailed(
        message, problems=[Problem("config.node", message, "Correct the name, or the port.", "other_node")]
    )


def _tls_failed(address: NodeAddress, error: Exception) -> ValidationFailed:
    message = f"No encrypted connection to {address.name} came about: {getattr(error, 'reason', None) or error}."
    fix = "Check the paths of the three PEM files, and that the node uses TLS for distribution."
    return ValidationFailed(message, problems=[Problem("config.certificate", message, fix, "tls")])
