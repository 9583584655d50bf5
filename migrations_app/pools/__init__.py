"""Worker pools: `open_pool` gives a live one, everything else here answers questions about its configuration."""

from collections.abc import Mapping
from typing import Any

from migrations_app.pools.base import PoolDriver, PoolProbe
from migrations_app.pools.beam import BeamPool
from migrations_app.pools.configuration import POOL_FIELDS, config_problems, parse_config

_DRIVERS = {"beam": BeamPool}


def open_pool(config: Mapping[str, Any], secrets: Mapping[str, str], *, read_only: bool = False) -> PoolDriver:
    """Raises ValidationFailed with every problem of the configuration. `secrets`: `password`, the node's cookie."""
    parsed = parse_config(config)
    return _DRIVERS[parsed.driver](parsed, secrets, read_only=read_only)


def fingerprint(probe: PoolProbe) -> dict[str, Any]:
    """What must still hold when an approved plan starts (DESIGN section 5): its version and its size."""
    size = probe.view.size
    return {"version": probe.version, "workers": len(probe.view.workers) if size is None else size}


__all__ = ["POOL_FIELDS", "PoolDriver", "config_problems", "fingerprint", "open_pool", "parse_config"]
