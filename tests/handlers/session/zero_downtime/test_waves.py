import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.handlers.session.zero_downtime.waves import CHUNK, SMALLEST_CHUNK, next_chunk, size_after, wave_of
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


@pytest.mark.parametrize(
    ("size", "paused_ms", "then"),
    [
        (CHUNK, 251, CHUNK // 2),
        (SMALLEST_CHUNK, 9000, SMALLEST_CHUNK),
        (16, 250, 16),
        (16, 125, 16),
        (16, 124, 32),
        (CHUNK, 1, CHUNK),
    ],
)
def test_a_pause_that_was_too_long_makes_the_next_chunk_smaller(size: int, paused_ms: int, then: int) -> None:
    assert size_after(size, paused_ms, 250) == then


def test_a_chunk_is_as_large_as_asked_for(world: InMemory) -> None:
    hand_over(world, range(26))
    assert len(next_chunk(world.record, 8)) == 8
