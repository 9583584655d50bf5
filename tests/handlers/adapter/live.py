"""The project with a pool of real worker processes, and calls that a deployment recorded."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.pools.base import Release
from tests.handlers.adapter.places import ROLL, Shop
from tests.pools.process_pool import ProcessPool

OLD = Release("0.13.0", "1")
GIVEN = {"root": {"x": 4}, "area": {"width": 2, "height": 3}}


@dataclass
class LiveShop(Shop):
    workers: ProcessPool = field(kw_only=True)

    @property
    def generations(self) -> set[str]:
        """What the workers run."""
        with self.workers.open(read_only=True) as pool:
            return {worker.release.generation for worker in pool.view().workers if worker.release}

    def record(self, *, hours: float = 0, **counts: int) -> None:
        """Calls of so long ago."""
        at = (self.clock.now() - timedelta(hours=hours)).isoformat()
        lines = [
            json.dumps({"at": at, "tool": tool, "arguments": GIVEN[tool]})
            for tool, count in counts.items()
            for _ in range(count)
        ]
        (self.root / "calls.jsonl").write_text("\n".join(lines) + "\n")


@contextmanager
def live_shop(**versions: object) -> Iterator[LiveShop]:
    """Three workers; with zero downtime, and five recorded calls of each tool."""
    with tempfile.TemporaryDirectory() as name:  # a short path: sockets lie in it
        place = Path(name)
        (place / "pool").mkdir()
        workers = ProcessPool(place / "pool", workers=3, most=5, **{OLD.version: {"starting_ms": 0}, **versions})
        workers.settings["release"] = OLD.as_dict()
        with workers:
            shop = LiveShop(
                place,
                {"equivalence": "required", "cases": 5, "recorded": "calls.jsonl", "recorded_least": 5, **ROLL},
                {"zero_downtime": True},
                Target(8, "shop-pool", TargetKind.WORKER_POOL, "staging", workers.config, workers.secrets),
                workers=workers,
            )
            shop.lay()
            shop.record(root=5, area=5)
            yield shop
