"""How busy a worker pool's node is; of a pool behind HTTP, how fast it answers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from migrations_app.beam.address import address_from
from migrations_app.beam.gauge import NodeGauge
from migrations_app.beam.node import Node
from migrations_app.engine.impact import Gauge, Reading, answered_us
from migrations_app.engine.plan import Target
from migrations_app.pools import open_pool
from migrations_app.pools.base import PoolDriver
from migrations_app.pools.configuration import parse_config


class PoolGauge:
    def __init__(self, pool: PoolDriver) -> None:
        self._pool = pool

    def read(self) -> Reading:
        """The question is that for the pool's workers: its protocol has no smaller one."""
        return Reading(answered_us(self._pool.view))


@contextmanager
def open_gauge(target: Target) -> Iterator[Gauge]:
    """Raises ValidationFailed for an unusable configuration."""
    config = parse_config(target.config)
    if config.driver == "beam":
        with Node(address_from(config.values), target.secrets.get("password", "")) as node:
            yield NodeGauge(node)
        return
    with closing(open_pool(target.config, target.secrets, read_only=True)) as pool:
        yield PoolGauge(pool)
