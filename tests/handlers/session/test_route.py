from dataclasses import replace

import pytest

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import ROUTE


@pytest.fixture
def ctx(move):
    return context(move, route=(RoutePhase.PLAIN_A, "a"))


def test_a_move_publishes_the_next_epoch(ctx, move):
    published = route.move(ctx, 1, RoutePhase.HANDOFF, "a")

    assert published == move.route
    assert (published.epoch, published.phase) == (2, RoutePhase.HANDOFF)


def test_the_same_move_again_is_the_outcome(ctx, move):
    first = route.move(ctx, 1, RoutePhase.HANDOFF, "a")

    assert route.move(ctx, 1, RoutePhase.HANDOFF, "a") == first
    assert len(move.routes.published) == 2


def test_a_replaced_driver_cannot_publish(ctx, move):
    route.move(ctx, 1, RoutePhase.HANDOFF, "a")
    route.move(ctx, 2, RoutePhase.PLAIN_A, "a")

    with pytest.raises(IllegalTransition) as refused:
        route.move(ctx, 2, RoutePhase.SINGLE_B, "b")

    assert refused.value.details == {"route": ROUTE, "epoch": 3, "expected_epoch": 2}
    assert move.route.authority == "a"


def test_a_route_that_is_gone(move):
    with pytest.raises(IllegalTransition, match="does not exist"):
        route.current(context(move))


def test_stores_change_only_when_they_are_given(ctx, move):
    route.move(ctx, 1, RoutePhase.HANDOFF, "a")
    assert dict(move.route.stores) == route.stores_of(ctx)

    route.move(ctx, 2, RoutePhase.PLAIN_A, "a", stores={"a": "x"})
    assert dict(move.route.stores) == {"a": "x"}
    assert route.as_dict(move.route) == {
        "name": ROUTE,
        "epoch": 3,
        "phase": "plain_a",
        "authority": "a",
        "stores": {"a": "x"},
    }


def test_the_route_is_named_after_the_source_by_default(move):
    ctx = context(move)

    assert route.name_of(ctx) == ROUTE
    assert route.name_of(replace(ctx, parameters={**ctx.parameters, "route": ""})) == move.source.name
