import pytest

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, MigrationError, StepFailed
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.run_view import ParkedFor
from migrations_app.handlers.session.zero_downtime.outages import AGAIN, waits_for_stores
from tests.handlers.session.zero_downtime.world import InMemory


@pytest.mark.parametrize("error", [DependencyUnavailable, InsufficientResources])
def test_a_store_that_is_away_or_full_is_waited_for(world: InMemory, error: type[MigrationError]) -> None:
    ctx, _ = world.driver()
    with pytest.raises(Waits) as raised, waits_for_stores(ctx):
        raise error

    assert (raised.value.reason, raised.value.wake_at) == (ParkedFor.UNAVAILABLE, world.clock.now() + AGAIN)
    assert "Clients go on as they are" in world.log.lines[-1]


def test_anything_else_passes_through(world: InMemory) -> None:
    ctx, _ = world.driver()
    with pytest.raises(StepFailed), waits_for_stores(ctx):
        raise StepFailed
    with waits_for_stores(ctx):
        pass
    assert world.log.lines == []
