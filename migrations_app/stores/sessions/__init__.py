"""Session stores: `open_store` gives a live one, everything else here answers questions about its configuration."""

from collections.abc import Mapping
from typing import Any, Protocol

from migrations_app.stores.followed import followed
from migrations_app.stores.sessions.base import FenceClass, SessionStore
from migrations_app.stores.sessions.beam.store import BeamStore
from migrations_app.stores.sessions.configuration import (
    CONFIG_FIELDS,
    WITH_COLUMNS,
    StoreConfig,
    config_problems,
    parse_config,
)
from migrations_app.stores.sessions.identity import endpoint, fingerprint, place
from migrations_app.stores.sessions.postgres.store import PostgresStore
from migrations_app.stores.sessions.redis.store import RedisStore
from migrations_app.stores.sessions.snapshot.store import SnapshotStore
from migrations_app.stores.sessions.sqlite.store import SQLiteStore


class _Open(Protocol):
    def __call__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool) -> SessionStore: ...


_STORES: Mapping[str, _Open] = {
    "redis": RedisStore,
    "postgres": PostgresStore,
    "sqlite": SQLiteStore,
    "snapshot": SnapshotStore,
    "beam": BeamStore,
}
_FENCES: Mapping[str, FenceClass] = {
    "redis": RedisStore.fence_class,
    "postgres": PostgresStore.fence_class,
    "sqlite": SQLiteStore.fence_class,
    "snapshot": SnapshotStore.fence_class,
    "beam": BeamStore.fence_class,
}


def open_store(config: Mapping[str, Any], secrets: Mapping[str, str], *, read_only: bool = False) -> SessionStore:
    """A store that connects at its first use. Raises ValidationFailed with every problem of the configuration.

    `secrets`: `password`, and `readonly_password` for Redis. A read-only store cannot write: PostgreSQL and SQLite
    refuse it themselves, a Redis client sends read commands only.
    """
    parsed = parse_config(config)
    return followed(_STORES[parsed.store](parsed, secrets, read_only=read_only), parsed.store)


def fence_class(config: Mapping[str, Any]) -> FenceClass:
    """How stores of this kind keep an outdated writer out. Raises ValidationFailed for an unusable configuration."""
    return _FENCES[parse_config(config).store]


__all__ = [
    "CONFIG_FIELDS",
    "WITH_COLUMNS",
    "SessionStore",
    "config_problems",
    "endpoint",
    "fence_class",
    "fingerprint",
    "open_store",
    "place",
]
