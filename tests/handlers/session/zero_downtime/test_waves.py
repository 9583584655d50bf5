import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.handlers.session.zero_downtime.waves import CHUNK, next_chunk, wave_of
from tests.handlers.session.zero_downtime.world import InMemory


def hand_over(world: InMemory, buckets: range) -> None:
    if buckets:
        world.publish(RoutePhase.HANDOFF, buckets)
        world.publish(RoutePhase.DUAL_B, buckets)


@pytest.mark.parametrize(
    ("served", "waves", "chunk"),
    [
        (0, 0, range(1)),
        (1, 1, range(1, 26)),
        (20, 1, range(20, 26)),
        (26, 2, range(26, 26 + CHUNK)),
        (250, 2, range(250, 256)),
        (256, 3, range(0)),
    ],
)
def test_a_canary_a_tenth_then_chunks_of_the_rest(world: InMemory, served: int, waves: int, chunk: range) -> None:
    hand_over(world, range(served))

    assert wave_of(world.record) == waves
    assert list(next_chunk(world.record)) == list(chunk)


def test_what_was_brought_back_goes_again(world: InMemory) -> None:
    hand_over(world, range(256))
    world.publish(RoutePhase.HANDOFF_BACK, range(100))
    world.publish(RoutePhase.DUAL_A, range(100))

    assert len(buckets_in(world.record, RoutePhase.DUAL_B)) == 156
    assert list(next_chunk(world.record)) == list(range(CHUNK))
