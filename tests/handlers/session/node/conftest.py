"""A live node with callers on it, a store beside it, and a gateway that serves the store."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.plan import Target
from migrations_app.handlers.session.node.following import Follower
from migrations_app.handlers.session.node.sides import handing_over
from migrations_app.handlers.session.sides import reading, writing
from migrations_app.stores.sessions import open_store
from migrations_app.testing.beam import BeamNode
from migrations_app.testing.processes import free_port
from migrations_app.testing.servers import RedisServer
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, place
from tests.node_callers import NodeCallers
from tests.routing.control_plane import TOKEN as ROUTE_TOKEN
from tests.routing.control_plane import ControlPlane
from tests.routing.gateway_process import SECRET, running_gateway


@dataclass
class World(NodeCallers):
    move: Move

    def on_target(self, names: list[bytes]) -> dict[bytes, bytes]:
        """Metadata as the target store holds it."""
        target = self.move.target
        with open_store(target.config, target.secrets, read_only=True) as store:
            found = store.read([name.decode() for name in names])
        text = "[{Id, term_to_binary(maps:get(metadata, binary_to_term(V)))} || {Id, V} <- L]"
        pairs = [(record.id.encode(), record.value) for record in found if record is not None]
        return dict(self.node.evaluate(text, L=pairs, seconds=30))


@pytest.fixture
def world(disposable_node: BeamNode, other_side: Target, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield world_of(disposable_node, other_side, tmp_path, stack)


@pytest.fixture
def quiet(disposable_node: BeamNode, other_side: Target) -> World:
    """A node and a store, nobody calling, and no gateway at the address that the node knows."""
    source = place(disposable_node.config(gateway=f"http://127.0.0.1:{free_port()}"), disposable_node.secrets)
    move = Move(source, other_side, options={"zero_downtime": True})
    move.deploy()
    return World(disposable_node, move)


@pytest.fixture
def follower(quiet: World) -> Iterator[Follower]:
    """From the watched node to the store, which is ready."""
    ctx = context(quiet.move, "prove", route=None)
    with ExitStack() as stack:
        over = stack.enter_context(handing_over(ctx))
        target = stack.enter_context(open_store(quiet.move.target.config, {}))
        target.initialise(ctx.worker)
        with writing(ctx, "source"):
            over.watch()
        source = stack.enter_context(reading(quiet.move.source))
        yield Follower(ctx, over, source, target)


@pytest.fixture
def other_side(tmp_path: Path) -> Target:
    return place({"store": "sqlite", "path": str(tmp_path / "other.db"), "codec": "etf"})


@pytest.fixture
def redis_side(empty_redis: RedisServer) -> Target:
    """A store that the node speaks to itself."""
    return place(empty_redis.config(codec="etf"), empty_redis.secrets)


def world_of(
    node: BeamNode, other_side: Target, directory: Path, stack: ExitStack, *later: Target, **parameters: Any
) -> World:
    """`later`: stores that the gateway is to know as well."""
    port = free_port()
    source = place(node.config(gateway=f"http://127.0.0.1:{port}"), {**node.secrets, "gateway_token": SECRET})
    move = _move(source, other_side, **parameters)
    plane = stack.enter_context(ControlPlane().serving())
    plane.routes = move.routes
    document = {
        "gateway": {"port": port, "threads": 4},
        "route": {"name": "sessions", "url": plane.url, "token": ROUTE_TOKEN},
        "stores": {target.name: dict(target.config) for target in (other_side, *later)},
        "secrets": {target.name: dict(target.secrets) for target in (other_side, *later)},
        "codec": "etf",
    }
    stack.enter_context(running_gateway(document, directory))
    return World(node, move)


def world_without_gateway(node: BeamNode, redis: Target, **parameters: Any) -> World:
    return World(node, _move(place(node.config(), node.secrets), redis, **parameters))


def _move(source: Target, other_side: Target, **parameters: Any) -> Move:
    wishes = {"pause_limit_ms": 3000, "hand_over": "released", **parameters}
    move = Move(source, other_side, options={"zero_downtime": True}, parameters=wishes)
    move.deploy()
    return move
