"""What tells one store from another, and what a plan remembers of a store (DESIGN section 5, fingerprint)."""

import os
from collections.abc import Mapping
from typing import Any

from migrations_app.stores.connections.hosts import host_of
from migrations_app.stores.sessions.base import StoreProbe
from migrations_app.stores.sessions.configuration import parse_config


def endpoint(config: Mapping[str, Any]) -> str:
    """The place that holds the sessions, one text for every way to write it: `redis://127.0.0.1:6379/0`.

    Table and prefix are not part of it: it answers "is this the same database?". Raises ValidationFailed.
    """
    parsed = parse_config(config)
    if parsed.store == "redis":
        return f"redis://{host_of(parsed['host'])}:{parsed['port']}/{parsed['db']}"
    if parsed.store == "postgres":
        return f"postgresql://{host_of(parsed['host'])}:{parsed['port']}/{parsed['database']}"
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
