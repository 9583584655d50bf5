"""`python -m benchmarks.node_hand_over`: a live node handed over under its callers, and brought back.

The executor is the real one with its ports in memory; node, gateway and the store beside it are real processes.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.node import fill
from migrations_app.engine.journal import EventType
from migrations_app.engine.plan import Target
from migrations_app.testing.beam import BeamNode
from migrations_app.testing.processes import scratch_directory
from migrations_app.testing.servers import PostgresServer, RedisServer
from tests.handlers.session.moves import Run, place
from tests.handlers.session.node.conftest import world_of

KINDS = ("redis", "postgres")
GOAL_PAUSE_MS = 250


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.node_hand_over", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=KINDS, help=f"of the new store ({' '.join(KINDS)})")
    parser.add_argument("--sessions", type=int, default=100_000, help="on the node, besides those of its callers")
    parser.add_argument("--callers", type=int, default=8, help="processes that call the session server (8)")
    parser.add_argument("--pause-ms", type=int, default=20, help="between two calls of one (20)")
    given = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, everything on this machine, {given.sessions:,} sessions, {given.callers} callers")
    return max(trial(kind, given) for kind in given.kinds)


def trial(kind: str, given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        node = stack.enter_context(BeamNode(directory / "node", options={"max_sessions": "infinity"}))
        fill(node, given.sessions)
        store = _store(kind, directory, stack)
        world = world_of(node, store, directory, stack, pause_limit_ms=2000)
        world.move.spec = replace(world.move.spec, options={**world.move.spec.options, "batch_size": 1000})
        world.start_callers(callers=given.callers, sessions=250, pause_ms=given.pause_ms)
        time.sleep(2)
        began = time.monotonic()
        run = world.move.begin()
        run.drive(until=lambda run: "switch" in run.view.results)
        over_seconds = time.monotonic() - began
        time.sleep(10)
        began = time.monotonic()
        back = world.move.roll_back(run)
        back_seconds = time.monotonic() - began
        time.sleep(2)
        said = world.stop_callers()
        held = world.answered([*said.alive, *said.gone])
        lost = sum(held.get(name) != metadata for name, metadata in said.alive.items())
        risen = sum(name in held for name in said.gone)
        _print(kind, run, over_seconds, back_seconds, _pause_ms(back))
        print(f"  calls {said.calls:,}, failed {len(said.failures)}, slowest {said.slowest_us / 1000:.0f} ms")
        print(f"  lost {lost}, resurrected {risen}; {run.state} and {back.state}\n", flush=True)
        return int(bool(lost or risen or said.failures) or back.state != "rolled_back")


def _store(kind: str, directory: Path, stack: ExitStack) -> Target:
    server = {"redis": RedisServer, "postgres": PostgresServer}[kind](directory / kind)
    stack.enter_context(server)
    return place(server.config(codec="etf"), server.secrets)


def _pause_ms(back: Run) -> str:
    lines = [str(event.payload.get("message")) for event in back.memory.events if event.type is EventType.LOGGED]
    said = [line for line in lines if " waited " in line]
    return said[-1].rsplit("waited ", 1)[1].removesuffix(".") if said else "unknown"


def _print(kind: str, run: Run, over_seconds: float, back_seconds: float, back_pause: str) -> None:
    result = run.result("switch")
    pause = result["pause_us"] / 1000
    print(f"beam:{kind}: over in {over_seconds:.1f} s, callers waited {pause:.1f} ms (goal {GOAL_PAUSE_MS})")
    print(f"  {run.result('prove')['compared']:,} compared, {result['carried']:,} carried by marks")
    print(f"  back in {back_seconds:.1f} s, callers waited {back_pause}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
