"""What tells one store from another, and what a plan remembers of a store (DESIGN section 5, fingerprint)."""

import os
import socket
from collections.abc import Mapping
from typing import Any

from migrations_app.stores.sessions.base import StoreProbe
from migrations_app.stores.sessions.configuration import StoreConfig, parse_config

_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "[::1]", ""}  # noqa: S104 - compared with, never bound


def endpoint(config: Mapping[str, Any]) -> str:
    """The place that holds the sessions, one text for every way to write it: `redis://127.0.0.1:6379/0`.

    Table and prefix are not part of it: it answers "is this the same database?". Raises ValidationFailed.
    """
    parsed = parse_config(config)
    if parsed.store == "redis":
        return f"redis://{_host(parsed)}:{parsed['port']}/{parsed['db']}"
    if parsed.store == "postgres":
        return f"postgresql://{_host(parsed)}:{parsed['port']}/{parsed['database']}"
    if parsed.store == "beam":
        return f"beam://{parsed['node']}"
    return f"{parsed.store}://{os.path.realpath(parsed['path'])}"


def place(config: Mapping[str, Any]) -> str:
    """The endpoint with the prefix or table: equal only for one and the same set of sessions."""
    parsed = parse_config(config)
    if parsed.store == "snapshot":
        return endpoint(config)
    return f"{endpoint(config)}#{parsed['prefix'] if parsed.store == 'redis' else parsed['table']}"


def fingerprint(probe: StoreProbe, config: Mapping[str, Any]) -> dict[str, Any]:
    """What must still hold when an approved plan starts. `size` is compared within a factor of 1.5."""
    parsed = parse_config(config)
    return {
        "identity": probe.identity,
        "place": place(config),
        "layout": probe.layout,
        "codec": str(parsed.codec),
        "version": probe.version,
        "eviction_policy": probe.eviction_policy,
        "size": probe.count,
    }


def _host(parsed: StoreConfig) -> str:
    host = str(parsed["host"]).strip().lower().rstrip(".")
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
