"""One text for every way to write a host: it answers whether two addresses are the same server."""

import socket

_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "[::1]", ""}  # noqa: S104 - compared with, never bound


def host_of(written: str) -> str:
    host = written.strip().lower().rstrip(".")
    if host.startswith("/"):
        # A Unix socket of this machine: the port alone tells servers apart, as on loopback.
        return "127.0.0.1"
    host = _numeric(host)
    return "127.0.0.1" if host in _LOOPBACK or host.startswith("127.") else host


def _numeric(host: str) -> str:
    """`127.1`, `0x7f.1` and `2130706433` are all 127.0.0.1 to whoever connects; names stay names, without a look-up."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host
