"""Opening the routed store of a target, whatever keeps its sessions."""

from collections.abc import Mapping
from typing import Any, Protocol

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.followed import followed
from migrations_app.stores.routed.base import RoutedStore
from migrations_app.stores.routed.postgres.store import RoutedPostgres
from migrations_app.stores.routed.redis.store import RoutedRedis
from migrations_app.stores.routed.sqlite.store import RoutedSQLite
from migrations_app.stores.sessions.configuration import StoreConfig, parse_config


class _Open(Protocol):
    def __call__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool) -> RoutedStore: ...


_STORES: Mapping[str, _Open] = {"redis": RoutedRedis, "postgres": RoutedPostgres, "sqlite": RoutedSQLite}


def open_routed(config: Mapping[str, Any], secrets: Mapping[str, str], *, read_only: bool = False) -> RoutedStore:
    """A store that connects at its first use. Raises ValidationFailed with every problem of the configuration.

    A snapshot file is one: it is moved from and to, and serves nobody.
    """
    parsed = parse_config(config)
    if parsed.store not in _STORES:
        message = f"A store of kind {parsed.store} serves no clients; sessions can only be moved from and to it."
        fix = "Let clients follow a route between stores that serve: Redis, PostgreSQL or SQLite."
        raise ValidationFailed(message, problems=[Problem("config.store", message, fix, "serves_nobody")])
    return followed(_STORES[parsed.store](parsed, secrets, read_only=read_only), parsed.store)
