"""The one client of the control plane's own outgoing calls: webhooks, alerts, receivers of audit checkpoints.

Where a call may go is decided when it connects: the name is resolved once, each address is judged, and the very
address that passed is connected to, so a name that answers otherwise a moment later gains nothing (DNS rebinding).
TLS still checks the name. Redirects are not followed, proxies of the environment not used, and the whole call has one
deadline, however slowly the other side sends. Looking a name up has the system resolver's own limit.
"""

import base64
import hashlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpcore
from django.conf import settings

SECONDS = 10.0
MOST_SENT = 256 * 1024  # bytes
MOST_READ = 4096  # bytes of an answer; the rest is not waited for
# Addresses of clouds' own services (Azure's is a public one), of networks of old, and those that stand for an IPv4 one.
_CLOSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",
            "192.0.0.0/24",
            "fec0::/10",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
        ),
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class CallFailed(RuntimeError):
    """No answer. The argument is for people; it names the host and nothing else of the address."""


class AddressRefused(CallFailed):
    """Nothing was sent: the call would have gone where no call may go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is at most the first `MOST_READ` bytes."""

    status: int
    body: bytes
    milliseconds: int

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def allowed_networks() -> tuple[Network, ...]:
    """Those that `SNAKEWEB_OUTGOING_NETWORKS` names. Raises ValueError for a text that is no network."""
    return tuple(ipaddress.ip_network(text) for text in settings.SNAKEWEB_OUTGOING_NETWORKS)


def why_refused(address: Address, allowed: Iterable[Network]) -> str:
    """'' where a call may go there. Addresses that stand for an IPv4 one are judged as themselves, so never pass."""
    if any(address.version == network.version and address in network for network in allowed):
        return ""
    if any(address.version == network.version and address in network for network in _CLOSED):
        return f"{address} is not a public address"
    if (
        not address.is_global
        or address.is_private
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    ):
        return f"{address} is not a public address"
    return ""


def shown(url: str) -> str:
    """Which server it is, and six digits that change with the rest: many services have their token in the path, others
    in the query, and two addresses of one server are two receivers."""
    parts = urlsplit(url)
    rest = urlunsplit(("", "", parts.path.strip("/"), parts.query, parts.fragment))
    more = f"…{hashlib.sha256(rest.encode()).hexdigest()[:6]}" if rest else ""
    return f"{parts.scheme}://{_bracketed(parts.hostname or '')}{f':{parts.port}' if parts.port else ''}/{more}"


def problem_with(url: str) -> str:
    """'' for an address that can be called; looks nothing up. What a name resolves to is judged at each call."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        return "This is no address of a web server."
    if not url.isascii() or not url.isprintable() or " " in url:
        return "This holds characters that an address cannot have."
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return ""
    refused = why_refused(literal, allowed_networks())
    return f"No call goes there: {refused}." if refused else ""


def post(url: str, content: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Send once. Raises AddressRefused (nothing was sent) and CallFailed (it may have arrived)."""
    if problem := problem_with(url):
        raise AddressRefused(problem)
    if len(content) > MOST_SENT:
        raise CallFailed(f"The message has {len(content):,} bytes, which is more than {MOST_SENT:,}.")
    parts = urlsplit(url)
    host = parts.hostname or ""
    begun = time.monotonic()
    backend = CheckedBackend(allowed_networks(), deadline=begun + seconds, encrypted=parts.scheme == "https")
    request = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "Snakeweb", **headers, **_credentials(parts)}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(parts.scheme), network_backend=backend) as pool,
            pool.stream(
                "POST",
                httpcore.URL(
                    scheme=parts.scheme,
                    host=host,
                    port=parts.port,
                    target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                ),
                headers=list(request.items()),
                content=content,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
            ) as response,
        ):
            body = _first_bytes(response)
            return Answer(response.status, body, int((time.monotonic() - begun) * 1000))
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise CallFailed(f"{host} does not answer: {type(error).__name__}.") from error
    except httpcore.ConnectionNotAvailable as error:  # pragma: no cover - one request a pool
        raise CallFailed(f"{host} does not answer.") from error


class CheckedBackend(httpcore.NetworkBackend):
    """Judges what a name resolves to, then connects to just that. `deadline` is of `time.monotonic`."""

    def __init__(self, allowed: Iterable[Network], *, deadline: float, encrypted: bool) -> None:
        self._allowed = tuple(allowed)
        self._deadline = deadline
        self._encrypted = encrypted
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.NetworkError | None = None
        for address in self.permitted(host, port):
            try:
                stream = self._inner.connect_tcp(str(address), port, _left(self._deadline), local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = httpcore.ConnectError(type(error).__name__)
                continue
            return _WithDeadline(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")

    def permitted(self, host: str, port: int) -> list[Address]:
        """Looks the name up, once. Raises AddressRefused when no call may go to any of its addresses."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise CallFailed(f"The name {host} cannot be looked up.") from error
        return self.judged(host, [str(entry[4][0]) for entry in found])

    def judged(self, host: str, found: Iterable[str]) -> list[Address]:
        """Of the addresses that a name was found to have. Raises AddressRefused."""
        addresses = list(dict.fromkeys(map(ipaddress.ip_address, found)))
        refusals = {address: why_refused(address, self._allowed) for address in addresses}
        good = [address for address in addresses if not refusals[address]]
        if not good:
            raise AddressRefused(f"No call goes to {host}: {'; '.join(refusals.values())}.")
        if self._encrypted:
            return good
        named = [a for a in good if any(a.version == n.version and a in n for n in self._allowed)]
        if not named:
            raise AddressRefused(f"No call goes to {host} without encryption; use https://.")
        return named

    def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise AddressRefused("No call goes to a local socket.")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _WithDeadline(httpcore.NetworkStream):
    """Each wait is cut to what is left of the whole call: a server that sends a byte a second gets no further."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        encrypted = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _WithDeadline(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _trusted(scheme: str) -> ssl.SSLContext | None:
    """The authorities that this machine trusts, read anew: what an admin adds works without a restart."""
    return ssl.create_default_context() if scheme == "https" else None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the call took too long")
    return left


def _first_bytes(response: httpcore.Response) -> bytes:
    """What came of them: the status was the answer, so a body that breaks off or never ends takes nothing back."""
    body = b""
    try:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) >= MOST_READ:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
        pass
    return body[:MOST_READ]


def _credentials(parts: Any) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
