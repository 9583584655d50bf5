"""`python -m benchmarks.forwarder`: one call of a node's session server, through a gateway and to Redis itself.

The same Redis behind both, on this machine; node and gateway are real processes. Beside it the node's own table.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.node import SERVER, TABLE
from migrations_app.beam.node import Atom, Node
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver, Way
from migrations_app.testing.beam import COOKIE, BeamNode
from migrations_app.testing.processes import free_port, scratch_directory
from migrations_app.testing.servers import RedisServer
from tests.routing.control_plane import ROUTE, ControlPlane
from tests.routing.control_plane import TOKEN as ROUTE_TOKEN
from tests.routing.gateway_process import running_gateway
from tests.stores.sessions.beam.ways import FencedRedis, gateway_way

# Gives the microseconds of each call, by kind.
CALLS = """
Create = fun(N) -> {create_session, <<"b", (integer_to_binary(N))/binary>>, [{ttl, 600}, {metadata, #{n => 1}}]} end,
Change = fun(#{metadata := #{n := N}} = Session) -> Session#{metadata := #{n => N + 1}} end,
[{ok, _} = gen_server:call(Server, Create(N)) || N <- lists:seq(1, 20)],
Id = fun(N) -> <<"b", (integer_to_binary(N rem 20 + 1))/binary>> end,
One = fun(Request) -> element(1, timer:tc(fun() -> {ok, _} = gen_server:call(Server, Request) end)) end,
Took = fun(Make) -> [One(Make(N)) || N <- lists:seq(1, Calls)] end,
#{get => Took(fun(N) -> {get_session, Id(N)} end), update => Took(fun(N) -> {update_session, Id(N), Change} end)}
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forwarder", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="of each kind in a round (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved (5)")
    given = parser.parse_args(arguments)
    print(
        f"{os.cpu_count()} cores, everything on this machine, {given.rounds} interleaved rounds of {given.calls} calls"
    )
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        redis = stack.enter_context(RedisServer(directory / "redis", persistent=False))
        node = stack.enter_context(BeamNode(directory / "node"))
        link = stack.enter_context(Node(node.address, COOKIE))
        ways = _ways(redis, directory, stack)
        took: dict[tuple[str, str], list[float]] = {}
        for _ in range(given.rounds):
            for name, way in ways.items():
                for kind, each in _round(link, way, given.calls).items():
                    took.setdefault((name, kind), []).extend(each)
    for (name, kind), each in took.items():
        each.sort()
        middle, slow = statistics.median(each), each[len(each) * 99 // 100]
        print(f"  {kind:6} {name:22} median {middle:7,.0f} us   p99 {slow:7,.0f} us")
    return 0


def _ways(redis: RedisServer, directory: Path, stack: ExitStack) -> Mapping[str, Way | None]:
    place = FencedRedis(redis.config(codec="etf", prefix="s:"), {}).join()
    behind = redis.config(codec="etf", prefix="g:")
    plane = stack.enter_context(ControlPlane().serving())
    plane.publish(RoutePhase.SINGLE_B, "b", fenced=False)
    document = {
        "gateway": {"port": free_port(), "threads": 4},
        "route": {"name": ROUTE, "url": plane.url, "token": ROUTE_TOKEN},
        "stores": {"b": behind},
        "codec": "etf",
    }
    client = stack.enter_context(running_gateway(document, directory))
    gateway = gateway_way(str(client.base_url).rstrip("/"))
    return {"the node's own table": None, "through a gateway": gateway, "to Redis itself": place.way()}


def _round(link: Node, way: Way | None, calls: int) -> dict[str, list[float]]:
    over = NodeHandOver(link, SERVER, TABLE)
    if way is not None:
        over.load()
        forwarder = over.forwarder([way])
        over.hold(5000)
        over.forward(forwarder)
    took = link.evaluate(CALLS, seconds=120, Server=Atom(SERVER), Calls=calls)
    if way is not None:
        over.hold(5000)
        over.restore()
        over.leave()
    return {kind.name: list(each) for kind, each in took.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
