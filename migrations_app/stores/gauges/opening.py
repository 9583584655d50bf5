"""From a target's configuration to its gauge."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from migrations_app.beam.gauge import NodeGauge
from migrations_app.engine.impact import Gauge
from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.stores.gauges.alchemy import AlchemyGauge
from migrations_app.stores.gauges.files import SnapshotGauge, SQLiteGauge
from migrations_app.stores.gauges.postgres import PostgresGauge
from migrations_app.stores.gauges.redis import RedisGauge
from migrations_app.stores.sessions.beam.store import node_of
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.configuration import parse_config as parse_store
from migrations_app.stores.tables.configuration import DatabaseConfig
from migrations_app.stores.tables.configuration import parse_config as parse_database

Secrets = Mapping[str, str]


@contextmanager
def open_gauge(target: Target) -> Iterator[Gauge]:
    """Of a session store or a database, closed at the end. Raises ValidationFailed for an unusable configuration."""
    if target.kind is TargetKind.DATABASE:
        database = parse_database(target.config)
        with closing(_DATABASES[database.engine](database, target.secrets)) as gauge:
            yield gauge
        return
    store = parse_store(target.config)
    if store.store == "beam":
        with node_of(store, target.secrets) as node:
            yield NodeGauge(node)
        return
    with closing(_STORES[store.store](store, target.secrets)) as gauge:
        yield gauge


_Closing = RedisGauge | PostgresGauge | SQLiteGauge | SnapshotGauge | AlchemyGauge
_STORES: Mapping[str, Callable[[StoreConfig, Secrets], _Closing]] = {
    "redis": RedisGauge,
    "postgres": lambda config, secrets: PostgresGauge(config.values, secrets),
    "sqlite": lambda config, _: SQLiteGauge(config["path"]),
    "snapshot": lambda config, _: SnapshotGauge(config["path"]),
}
_DATABASES: Mapping[str, Callable[[DatabaseConfig, Secrets], _Closing]] = {
    "postgres": lambda config, secrets: PostgresGauge(config.values, secrets),
    "sqlite": lambda config, _: SQLiteGauge(config["path"]),
    "sqlalchemy": AlchemyGauge,
}
