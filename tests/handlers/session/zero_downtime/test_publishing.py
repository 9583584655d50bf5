import json

import pytest

from migrations_app.engine.errors import IllegalTransition, LeaseLost
from migrations_app.engine.ports import BucketRange
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.publishing import (
    advance,
    buckets_in,
    document_of,
    publish,
    with_phase,
)
from tests.handlers.session.moves import ROUTE
from tests.handlers.session.zero_downtime.world import InMemory

P = RoutePhase


def test_a_wave_leaves_the_other_buckets_as_they_were(world: InMemory) -> None:
    wanted = with_phase(world.record, [3, 4, 9], P.HANDOFF, 6)

    assert wanted.ranges == (
        BucketRange(0, 2, P.DUAL_A, 5, "a"),
        BucketRange(3, 4, P.HANDOFF, 6, "a"),
        BucketRange(5, 8, P.DUAL_A, 5, "a"),
        BucketRange(9, 9, P.HANDOFF, 6, "a"),
        BucketRange(10, 255, P.DUAL_A, 5, "a"),
    )
    assert (wanted.epoch, wanted.phase, wanted.authority, wanted.fenced) == (6, P.DUAL_A, "a", True)
    assert buckets_in(wanted, P.HANDOFF) == [3, 4, 9]
    assert len(buckets_in(wanted, P.HANDOFF, P.DUAL_A)) == 256


def test_a_record_that_is_whole_again_names_its_phase_itself(world: InMemory) -> None:
    part = with_phase(world.record, range(10), P.HANDOFF, 6)
    whole = with_phase(part, range(10, 256), P.HANDOFF, 6)

    assert (whole.buckets, whole.phase, whole.authority) == ((), P.HANDOFF, "a")


def test_a_phase_that_may_not_follow(world: InMemory) -> None:
    with pytest.raises(IllegalTransition, match=r"Bucket 0 .* dual_a; dual_b does not follow"):
        with_phase(world.record, [0], P.DUAL_B, 6)


def test_publishing_is_heard_in_both_stores(world: InMemory) -> None:
    ctx, pair = world.driver()

    published = publish(ctx, pair, with_phase(world.record, [0], P.HANDOFF, 6), expected_epoch=5)

    assert world.record == published
    assert world.a.mirrored() == world.b.mirrored() == document_of(published)
    assert json.loads(world.a.mirrored())["epoch"] == 6


def test_a_route_that_moved_is_left_as_it_is(world: InMemory) -> None:
    ctx, pair = world.driver()
    wanted = with_phase(world.record, [0], P.HANDOFF, 6)
    newer = world.publish(P.DUAL_A)

    with pytest.raises(IllegalTransition):
        publish(ctx, pair, wanted, expected_epoch=5)
    assert world.record == newer


def test_a_replaced_driver_is_not_heard_by_the_stores(world: InMemory) -> None:
    ctx, pair = world.driver()
    world.driver()

    with pytest.raises(LeaseLost):
        publish(ctx, pair, with_phase(world.record, [0], P.HANDOFF, 6), expected_epoch=5)
    assert json.loads(world.a.mirrored())["epoch"] == 5


def test_to_advance_takes_an_epoch_above_every_one_set_aside(world: InMemory) -> None:
    world.routes.reserve(ROUTE, expected_epoch=5, count=2)
    ctx, pair = world.driver()

    record = advance(ctx, pair, P.JOURNAL_A)

    assert (record.epoch, record.phase) == (8, P.JOURNAL_A)


def test_to_advance_again_changes_nothing_but_is_mirrored(world: InMemory) -> None:
    ctx, pair = world.driver()
    advance(ctx, None, P.JOURNAL_A)
    assert json.loads(world.a.mirrored())["epoch"] == 5

    assert advance(ctx, pair, P.JOURNAL_A).epoch == 6
    assert json.loads(world.a.mirrored())["epoch"] == 6
    assert len(world.routes.published) == 2
