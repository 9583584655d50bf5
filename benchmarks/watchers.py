"""Event to screen: `make bench ARGS=watchers`, `python -m benchmarks.watchers --watchers 20 --replayed 2000`.

A real daphne over a real redis-server, and so many WebSocket watchers of one run as a page opens them. Measured are
the time from the append of an event to its arrival at each watcher (goal: p99 below 300 ms), and how much the web
process grows while the run writes tens of thousands of events in a row and one more watcher reads all of them from
the first (goal: at most 20 MB), by its resident memory in /proc.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from migrations_app.testing.servers import RedisServer, free_port, scratch_directory

START_SECONDS = 120.0
STOP_SECONDS = 20.0
FAILED = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """`events` are timed, `a_second` of them; `replayed` are written as fast as the journal takes them."""

    watchers: int = 200
    events: int = 200
    a_second: float = 10.0
    replayed: int = 36_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watchers", description=__doc__)
    parser.add_argument("--watchers", type=int, default=200, help="sockets that watch the run (200)")
    parser.add_argument("--events", type=int, default=200, help="events whose way is timed (200)")
    parser.add_argument("--a-second", type=float, default=10.0, help="of those events (10)")
    parser.add_argument("--replayed", type=int, default=36_000, help="events for the memory (36,000)")
    report(Wishes(**vars(parser.parse_args())))


def report(wishes: Wishes) -> None:
    with scratch_directory() as directory, RedisServer(directory / "broker", persistent=False) as broker:
        surroundings = surroundings_of(directory / "state", broker.url)
        run(surroundings, "django", "migrate", "--noinput", "-v", "0")
        with web(surroundings, directory / "web.log") as (port, process_id):
            numbers = (wishes.watchers, wishes.events, wishes.a_second, wishes.replayed)
            run(surroundings, "benchmarks.watching", str(port), str(process_id), *map(str, numbers))


def surroundings_of(state: Path, redis_url: str) -> dict[str, str]:
    """Nothing of the caller's own installation. One key for all, so that the web process knows our session."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_STATE": str(state),
        "SNAKEWEB_REDIS_URL": redis_url,
        "SNAKEWEB_SECRET_KEYS": "only-for-a-benchmark-on-this-machine-0123456789-0123456789",
    }


@contextlib.contextmanager
def web(surroundings: Mapping[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """The product's own web process: its port and its process id."""
    port = free_port()
    words = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "snakeweb.asgi:application"]
    with log.open("wb") as out:
        process = subprocess.Popen(words, env=dict(surroundings), stdout=out, stderr=out)
        try:
            _wait_for(process, port, log)
            yield port, process.pid
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the web process did not answer:\n{log.read_text(errors='replace')[-2000:]}")


def run(surroundings: Mapping[str, str], module: str, *arguments: str) -> None:
    """`python -m module` with our output. Ends the program when it fails."""
    if subprocess.run([sys.executable, "-m", module, *arguments], env=dict(surroundings), check=False).returncode:
        raise SystemExit(FAILED)


if __name__ == "__main__":
    main()
