"""A spec and an analysis that no session rule has anything to say about, to be worsened one thing at a time."""

from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.options import defaults
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.session.parameters import PARAMETERS

SOURCE = Target(1, "old", TargetKind.SESSION_STORE, "test", {"store": "redis", "host": "a", "port": 6379})
TARGET = Target(2, "new", TargetKind.SESSION_STORE, "test", {"store": "sqlite", "path": "/srv/sessions.db"})
CALM_STATE: dict[str, Any] = {
    "exists": True,
    "writable": True,
    "sessions": 0,
    "latency_us": 300,
    "clock_skew_ms": 5,
    "eviction_policy": "noeviction",
    "problems": [],
}


def spec(options: dict[str, Any] | None = None, parameters: dict[str, Any] | None = None, **changes: Any) -> Spec:
    values, _ = parse(PARAMETERS, parameters or {}, path="parameters")
    calm = Spec(
        MigrationType.SESSION,
        "session",
        "test",
        False,
        {"source": SOURCE, "target": TARGET},
        values,
        {**defaults(), **(options or {})},
    )
    return replace(calm, **changes)


def analysis(
    source: dict[str, Any] | None = None, target: dict[str, Any] | None = None, sizes: dict[str, int] | None = None
) -> Analysis:
    sample = {"size": 10, "unreadable": {}, "codecs": {"json": 10}, "shortest_left_ms": 900_000, "unrepresentable": {}}
    return Analysis(
        source_state={
            **CALM_STATE,
            "name": "old",
            "store": "redis",
            "sessions": 50,
            "sample": sample,
            **(source or {}),
        },
        target_state={**CALM_STATE, "name": "new", "store": "sqlite", **(target or {})},
        fingerprints={},
        sizes={"sessions": 50, "bytes": 5000, **(sizes or {})},
    )
