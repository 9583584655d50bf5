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
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import SessionRecord
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
        before = _untouched(world.move.source)
        began = time.monotonic()
        run = world.move.begin()
        run.drive(until=lambda run: "switch" in run.view.results)
        _print_over(kind, run, time.monotonic() - began)
        _print_times("there", before, _untouched(store))
        time.sleep(10)
        began = time.monotonic()
        back = world.move.roll_back(run)
        print(f"  back in {time.monotonic() - began:.1f} s, callers waited {_pause_ms(back)}", flush=True)
        _print_times("back", before, _untouched(world.move.source))
        time.sleep(2)
        said = world.stop_callers()
        held = world.answered([*said.alive, *said.gone])
        lost = sum(held.get(name) != metadata for name, metadata in said.alive.items())
        risen = sum(name in held for name in said.gone)
        print(f"  calls {said.calls:,}, failed {len(said.failures)}, slowest {said.slowest_us / 1000:.0f} ms")
        print(f"  lost {lost}, resurrected {risen}; {run.state} and {back.state}\n", flush=True)
        return int(bool(lost or risen or said.failures) or back.state != "rolled_back")


def _store(kind: str, directory: Path, stack: ExitStack) -> Target:
    server = {"redis": RedisServer, "postgres": PostgresServer}[kind](directory / kind)
    stack.enter_context(server)
    return place(server.config(codec="etf"), server.secrets)


def _untouched(place: Target) -> dict[str, SessionRecord]:
    """The sessions that no caller uses, with all their times."""
    found, cursor, last = dict[str, SessionRecord](), "", False
    with open_store(place.config, place.secrets, read_only=True) as store:
        while not last:
            page = store.scan(cursor, 1000)
            found |= {record.id: record for record in page.records if record.id.count("-") == 1}
            cursor, last = page.cursor, page.last
    return found


def _print_times(where: str, before: dict[str, SessionRecord], now: dict[str, SessionRecord]) -> None:
    off = max(abs((now[name].expires_at_ms or 0) - (record.expires_at_ms or 0)) for name, record in before.items())
    touched = sum(now[name].last_accessed_at_ms != record.last_accessed_at_ms for name, record in before.items())
    length = sum(now[name].ttl_ms != record.ttl_ms for name, record in before.items())
    print(f"  {where}: deadlines at most {off} ms off, other sliding lengths {length}, touched by the copy {touched}")


def _pause_ms(back: Run) -> str:
    lines = [str(event.payload.get("message")) for event in back.memory.events if event.type is EventType.LOGGED]
    said = [line for line in lines if " waited " in line]
    return said[-1].rsplit("waited ", 1)[1].removesuffix(".") if said else "unknown"


def _print_over(kind: str, run: Run, seconds: float) -> None:
    result = run.result("switch")
    pause = result["pause_us"] / 1000
    print(f"beam:{kind}: over in {seconds:.1f} s, callers waited {pause:.1f} ms (goal {GOAL_PAUSE_MS})")
    print(f"  {run.result('prove')['compared']:,} compared, {result['carried']:,} carried by marks", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
