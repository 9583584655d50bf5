import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import RouteClient
from migrations_app.handlers.session.zero_downtime.barrier import WITHIN_SECONDS, wait_for_clients
from tests.handlers.session.zero_downtime.world import InMemory


def test_nobody_follows_the_route(world: InMemory) -> None:
    assert wait_for_clients(world.driver()[0], 9) == 0


def test_every_live_client_has_acknowledged(world: InMemory) -> None:
    world.follow(5, 6, 5)

    assert wait_for_clients(world.driver()[0], 5) == 3


def test_it_waits_for_the_last_one(world: InMemory) -> None:
    seen = []

    def followers() -> list[RouteClient]:
        seen.append(len(seen))
        return [RouteClient("slow", "boot", 4 + (len(seen) > 1), 0, is_live=True)]

    world.live.followers = followers

    assert wait_for_clients(world.driver()[0], 5) == 1
    assert len(seen) == 2


def test_a_client_whose_lease_has_run_out_does_not_count(world: InMemory) -> None:
    world.live.followers = lambda: [RouteClient("frozen", "boot", 1, 0, is_live=False)]

    assert wait_for_clients(world.driver()[0], 5) == 0


def test_those_who_stay_behind_are_named(world: InMemory) -> None:
    def followers() -> list[RouteClient]:
        world.clock.advance(WITHIN_SECONDS / 2)
        return [RouteClient(f"client-{epoch}", "boot", epoch, 0, is_live=True) for epoch in (4, 5)]

    world.live.followers = followers

    with pytest.raises(StepFailed, match=r"1 client\(s\) .* did not acknowledge epoch 5 \(client-4\)") as raised:
        wait_for_clients(world.driver()[0], 5)
    assert raised.value.details["clients"] == ["client-4"]
