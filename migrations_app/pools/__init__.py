"""Worker pools: `open_pool` gives a live one. `plan_roll` says what rolling it to a release would do, `roll` does that
and goes on from a checkpoint, `roll_back` brings back what ran before; all three are told how by a `Strategy`. The
rest answers questions about a pool's configuration.

What a step of a run needs: `roll(driver, to=..., strategy=..., on_progress=keep, checkpoint=kept)`, where `keep` stores
`progress.checkpoint.as_dict()` and raises what ends the slice; `kept` is `Checkpoint.from_dict(...)`, or None at first.
Its undo is `roll_back(driver, checkpoint=kept, ...)`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from migrations_app.pools.base import PoolDriver, PoolProbe, Release
from migrations_app.pools.beam import BeamPool
from migrations_app.pools.configuration import POOL_FIELDS, config_problems, parse_config
from migrations_app.pools.http import http_pool, process_pool
from migrations_app.pools.roll_report import Checkpoint, Report, RollProgress
from migrations_app.pools.rolling import roll, roll_back
from migrations_app.pools.strategy import AfterDeadline, Limits, RollPlan, Strategy, plan_roll

_DRIVERS: Mapping[str, Callable[..., PoolDriver]] = {"beam": BeamPool, "http": http_pool, "process": process_pool}


def open_pool(config: Mapping[str, Any], secrets: Mapping[str, str], *, read_only: bool = False) -> PoolDriver:
    """Raises ValidationFailed with every problem of the configuration. `secrets`: `password`, a node's cookie or
    the token of an `http` pool."""
    parsed = parse_config(config)
    return _DRIVERS[parsed.driver](parsed, secrets, read_only=read_only)


def fingerprint(probe: PoolProbe) -> dict[str, Any]:
    """What must still hold when an approved plan starts (DESIGN section 5): its version and its size."""
    size = probe.view.size
    return {"version": probe.version, "workers": len(probe.view.workers) if size is None else size}


__all__ = [
    "POOL_FIELDS",
    "AfterDeadline",
    "Checkpoint",
    "Limits",
    "PoolDriver",
    "Release",
    "Report",
    "RollPlan",
    "RollProgress",
    "Strategy",
    "config_problems",
    "fingerprint",
    "open_pool",
    "parse_config",
    "plan_roll",
    "roll",
    "roll_back",
]
