"""How a Redis server stands, by its INFO. Persistence counts as such when it keeps an append-only file."""

import re
from collections.abc import Mapping
from typing import Any

from migrations_app.stores.sessions.base import Standing

SILENCE = ("master_last_io_seconds_ago", "master_link_down_since_seconds")


def standing(server: Mapping[str, Any], *, sessions: int | None) -> Standing:
    """`server` is INFO as the client parses it; `sessions` is None where nobody counted."""
    return Standing(
        replica=server.get("role") != "master",
        replica_lag_ms=_replica_lag_ms(server),
        durable=bool(server.get("aof_enabled")),
        other_records=None if sessions is None else max(0, _keys(server) - sessions),
        machine_free_bytes=_machine_free_bytes(server),
    )


def _replica_lag_ms(server: Mapping[str, Any]) -> int | None:
    """In whole seconds: since the primary was heard of, or since the slowest replica was."""
    if server.get("role") != "master":
        return 1000 * max(0, *(int(server.get(name, 0)) for name in SILENCE))
    lags = [int(about.get("lag", 0)) for name, about in server.items() if re.fullmatch(r"slave\d+", name)]
    return 1000 * max(0, *lags) if lags else None


def _keys(server: Mapping[str, Any]) -> int:
    """Of every database: they share the server's memory."""
    return sum(int(about["keys"]) for name, about in server.items() if re.fullmatch(r"db\d+", name))


def _machine_free_bytes(server: Mapping[str, Any]) -> int | None:
    total = int(server.get("total_system_memory", 0))
    if server.get("maxmemory") or not total:
        return None
    return max(0, total - int(server["used_memory"]))
