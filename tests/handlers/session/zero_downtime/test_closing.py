from dataclasses import replace

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.zero_downtime.closing import close_late_drivers
from tests.handlers.session.zero_downtime.world import InMemory


@pytest.mark.parametrize(
    "scope", ["run:7:transfer:0", "run:7:transfer:1", "run:7:background.relay:0", "run:7:background.verifier:0"]
)
def test_no_late_driver_finds_an_open_door(world: InMemory, scope: str) -> None:
    late = world.pair(scope)
    close_late_drivers(*world.driver())

    for store in (late.a, late.b):
        with pytest.raises(LeaseLost):
            store.sessions.raise_worker_fence(WorkerToken(scope, late.worker.token + 1))
        with pytest.raises(LeaseLost):
            store.adopt([], late.worker)


def test_a_run_that_undoes_another_shuts_its_own_drivers_out_too(world: InMemory) -> None:
    late = world.pair("run:9:background.relay:0")
    ctx, pair = world.driver()
    close_late_drivers(replace(ctx, run_id=9, undoes=7), pair)

    with pytest.raises(LeaseLost):
        late.a.adopt([], late.worker)


def test_the_runs_own_driver_goes_on(world: InMemory) -> None:
    ctx, pair = world.driver()
    close_late_drivers(ctx, pair)

    pair.a.adopt([], ctx.worker)
