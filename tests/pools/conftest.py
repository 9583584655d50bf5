import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from migrations_app.testing.beam import BeamNode
from tests.pools.fixture_pool import FixturePool
from tests.stores.sessions.place import wait_until

_NUMBERS = itertools.count(1)


@pytest.fixture
def start_pool(beam_node: BeamNode) -> Iterator[Callable[..., FixturePool]]:
    """Starts a pool of its own on the shared node, eight workers unless said otherwise, and stops it at the end."""
    started = []

    def start(*, workers: int = 8, refill_ms: int = 0, **given: Any) -> FixturePool:
        pool = started_on(beam_node, **{"pools": {"default": workers}, "refill_ms": refill_ms, **given})
        started.append(pool)
        return pool

    yield start
    for pool in started:
        pool.stop()


def started_on(node: BeamNode, *, pools: dict[str, int], **settings: Any) -> FixturePool:
    """Under a name of its own, when all workers of its first pool are there."""
    pool = FixturePool(node, node.start_pool(server=f"pool_server_{next(_NUMBERS)}", pools=pools, **settings))
    wait_until(lambda: len(pool.names()) == next(iter(pools.values())))
    return pool


@pytest.fixture
def pool(start_pool: Callable[..., FixturePool]) -> FixturePool:
    return start_pool()
