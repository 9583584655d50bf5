"""By which way a forwarder reaches a store, and what is left there when nobody forwards any more."""

import pytest

from migrations_app.beam import code
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.node.ways import fence, unfence, ways_of, why_gateway
from migrations_app.stores.routed.opening import open_routed
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, place

NODE = {"store": "beam", "node": "snakepit@127.0.0.1"}


def move_to(target, *, gateway="", **parameters):
    source = place({**NODE, **({"gateway": gateway} if gateway else {})}, {"gateway_token": "callers"})
    return Move(source, target, options={"zero_downtime": True}, parameters=parameters)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"store": "redis", "host": "h", "codec": "etf"}, ""),
        ({"store": "redis", "host": "h", "codec": "etf", "layout": "hash"}, "keeps its sessions as hashes"),
        ({"store": "redis", "host": "h"}, "has the codec opaque"),
        ({"store": "sqlite", "path": "/srv/s.db", "codec": "etf"}, "is no Redis store"),
    ],
)
def test_a_redis_store_of_terms_needs_no_gateway(config, why):
    said = why_gateway(move_to(place(config, name="new")).spec)

    assert bool(said) == bool(why)
    assert why in said


def test_the_plan_may_ask_for_the_gateway():
    redis = place({"store": "redis", "host": "h", "codec": "etf"})

    assert why_gateway(move_to(redis, forward_by="gateway").spec) == "The plan says so."


@pytest.fixture
def redis_place(empty_redis):
    return place(empty_redis.config(codec="etf"), empty_redis.secrets, name="new")


def served(move):
    move.deploy()
    ctx = context(move, "switch")
    route.move(ctx, route.current(ctx).epoch, RoutePhase.SINGLE_B, route.SIDE_B)
    return ctx


def test_the_gateway_is_the_nodes_and_its_token_a_credential(redis_place):
    ctx = served(move_to(redis_place, gateway="http://h:1/", forward_by="gateway"))

    (way,) = ways_of(ctx)

    assert (way.sources, way.settings) == (code.GATEWAY, {"url": "http://h:1", "token": "callers"})
    assert "callers" not in repr(way)


@pytest.mark.parametrize(("gateway", "sources"), [("", [code.REDIS]), ("http://h:1", [code.REDIS, code.GATEWAY])])
def test_a_gateway_is_for_the_time_after_redis(redis_place, gateway, sources):
    ctx = served(move_to(redis_place, gateway=gateway))

    ways = ways_of(ctx)

    assert [way.sources for way in ways] == sources
    assert ways[0].settings["store"] == "new"
    assert ways[0].settings["epoch"] == route.current(ctx).epoch


def test_the_store_is_under_the_route_as_long_as_somebody_may_forward_there(redis_place):
    ctx = served(move_to(redis_place))
    with open_routed(redis_place.config, redis_place.secrets) as store:
        fence(ctx)
        fence(ctx)
        assert set(store.fences()) == {route.current(ctx).epoch}
        assert store.joined()

        unfence(ctx)
        unfence(ctx)

        assert store.fences() == []
        assert not store.joined()


def test_the_fences_of_another_route_are_left_alone(redis_place):
    fence(served(move_to(redis_place)))

    unfence(context(move_to(redis_place, route="another"), "switch", route=None))

    with open_routed(redis_place.config, redis_place.secrets) as store:
        assert store.joined()


def test_what_goes_by_the_gateway_is_not_fenced(redis_place):
    ctx = served(move_to(redis_place, gateway="http://h:1", forward_by="gateway"))

    fence(ctx)

    with open_routed(redis_place.config, redis_place.secrets) as store:
        assert not store.joined()
