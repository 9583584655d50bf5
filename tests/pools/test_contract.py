"""The contract of a worker pool, over the three drivers."""

from dataclasses import dataclass

import pytest

from migrations_app.pools import PoolDriver, open_pool
from migrations_app.pools.base import Outcome
from migrations_app.testing.processes import scratch_directory
from tests.pools.conftest import started_on
from tests.pools.contract import WORKERS, PoolContract, PoolPlace
from tests.pools.fixture_pool import FixturePool
from tests.pools.process_pool import NEW, ProcessPool


@dataclass
class NodesPool(PoolPlace):
    pool: FixturePool

    def open(self, *, read_only: bool = False) -> PoolDriver:
        return self.pool.open(read_only=read_only)

    def recycle(self, driver: PoolDriver, worker: str) -> Outcome:
        return driver.recycle(worker)

    def execute(self, ms: int) -> None:
        self.pool.execute(ms)

    def kill(self) -> None:
        self.pool.node.kill()


@dataclass
class Processes(PoolPlace):
    pool: ProcessPool
    over_tcp: bool

    def open(self, *, read_only: bool = False) -> PoolDriver:
        config = self.pool.http_config if self.over_tcp else self.pool.config
        return open_pool(config, self.pool.secrets if self.over_tcp else {}, read_only=read_only)

    def recycle(self, driver: PoolDriver, worker: str) -> Outcome:
        return driver.recycle(worker, NEW)

    def execute(self, ms: int) -> None:
        self.pool.execute(ms)

    def kill(self) -> None:
        self.pool.kill()


class TestBeam(PoolContract):
    @pytest.fixture
    def place(self, disposable_node):
        return NodesPool(started_on(disposable_node, pools={"default": WORKERS}, refill_ms=0))


class TestHttp(PoolContract):
    @pytest.fixture
    def place(self):
        with scratch_directory() as directory, ProcessPool(directory, workers=WORKERS) as pool:
            yield Processes(pool, over_tcp=True)


class TestProcess(PoolContract):
    @pytest.fixture
    def place(self):
        with scratch_directory() as directory, ProcessPool(directory, workers=WORKERS) as pool:
            yield Processes(pool, over_tcp=False)
