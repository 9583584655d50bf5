"""The kit that every handler passes, over files on a disk and two real workers."""

from typing import Any

import pytest

from migrations_app.engine.handler import Handler, Spec
from migrations_app.handlers.upgrade.handler import VersionUpgrade
from migrations_app.pools.base import Release
from migrations_app.pools.rolling import roll
from migrations_app.pools.strategy import Limits, Strategy
from migrations_app.testing.contract import HandlerContract
from tests.handlers.upgrade.places import OLD, Upgrade

pytestmark = pytest.mark.servers


class TestVersionUpgradeContract(HandlerContract):
    most_lines = 3  # each is a run over real files or servers

    @pytest.fixture(autouse=True)
    def place(self, served: Upgrade) -> None:
        self.upgrade = served
        served.parameters = {"surge": 1, "max_unavailable": 1}

    def make_handler(self) -> Handler:
        return VersionUpgrade()

    def reset(self) -> None:
        self.upgrade.lay()
        with self.upgrade.pool.open() as pool:
            strategy = Strategy(surge=0, max_unavailable=1, limits=Limits(spare=0, poll_seconds=0.02))
            if any(worker.release != OLD for worker in pool.view().workers):
                roll(pool, to=Release(OLD.version, OLD.generation), strategy=strategy, on_progress=lambda _: None)

    def make_spec(self) -> Spec:
        return self.upgrade.spec

    def snapshot(self) -> Any:
        with self.upgrade.pool.open(read_only=True) as pool:
            view = pool.view()
        workers = [(worker.id, worker.release, worker.serves) for worker in view.workers]
        return self.upgrade.contents, workers, view.size
