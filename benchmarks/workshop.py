"""The servers, scratch databases and sessions that the benchmarks share."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from migrations_app.testing.servers import PostgresServer, RedisServer, scratch_directory

PREFIX = "session:"
VALUE_BYTES = 300
PIPELINED = 1000
STOP_SECONDS = 20.0


@dataclass(slots=True)
class Workshop:
    """`broker` carries doorbells, `source` the sessions, `target` takes them; each measurement gets its own state."""

    directory: Path
    broker: RedisServer
    source: RedisServer
    target: PostgresServer
    counted: list[str] = field(default_factory=list)

    def fill(self, sessions: int) -> None:
        """Sessions with 300 random bytes and a deadline in six hours."""
        deadline = time.time_ns() // 1_000_000 + 6 * 3_600_000
        with redis.Redis.from_url(self.source.url) as store:
            store.flushall()
            for start in range(0, sessions, PIPELINED):
                pipeline = store.pipeline(transaction=False)
                for number in range(start, min(start + PIPELINED, sessions)):
                    pipeline.set(f"{PREFIX}{number:09d}", os.urandom(VALUE_BYTES), pxat=deadline)
                pipeline.execute()

    def state(self) -> dict[str, str]:
        """Surroundings with a fresh, migrated control database."""
        self.counted.append("state")
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
        surroundings |= {
            "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
            "SNAKEWEB_STATE": str(self.directory / f"state-{len(self.counted)}"),
            "SNAKEWEB_REDIS_URL": self.broker.url,
        }
        measured("django", "migrate", "--noinput", "-v", "0", surroundings=surroundings)
        return surroundings

    def migrate(self, options: Mapping[str, Any], *, by_worker: bool = False) -> dict[str, Any]:
        """Run `benchmarks.migration` into a table of its own, driven by a Celery worker or not; what it measured."""
        surroundings = self.state()
        with contextlib.ExitStack() as stack:
            worker = stack.enter_context(self.worker(surroundings)) if by_worker else None
            return self._migrate(options, surroundings, worker)

    def _migrate(
        self, options: Mapping[str, Any], surroundings: Mapping[str, str], worker: int | None
    ) -> dict[str, Any]:
        table = f"sessions_{len(self.counted)}"
        description = {
            "source": {"config": self.source.config(prefix=PREFIX), "secrets": self.source.secrets},
            "target": {"config": self.target.config(table=table), "secrets": self.target.secrets},
            "options": dict(options),
            "worker": worker,
        }
        path = self.directory / f"{table}.json"
        path.write_text(json.dumps(description))
        facts: dict[str, Any] = json.loads(
            measured("benchmarks.migration", str(path), surroundings=surroundings).splitlines()[-1]
        )
        if facts["state"] != "succeeded":
            raise RuntimeError(f"the benchmark's migration ended as {facts['state']}: {facts['error']}")
        self.target.sql(f"DROP TABLE {table}")
        return facts

    @contextlib.contextmanager
    def worker(self, surroundings: Mapping[str, str]) -> Iterator[int]:
        """A dispatcher and a Celery worker as in production; the worker's process id."""
        celery = ("celery", "-A", "snakeweb", "worker", "--pool", "threads", "--concurrency", "4", "-l", "warning")
        commands = {"worker": (*celery, "-Q", "control,live,bulk"), "dispatcher": ("django", "dispatcher")}
        with contextlib.ExitStack() as stack:
            processes = {}
            for name, words in commands.items():
                log = stack.enter_context((self.directory / f"{name}-{len(self.counted)}.log").open("wb"))
                processes[name] = subprocess.Popen(
                    [sys.executable, "-m", *words], env=dict(surroundings), stdout=log, stderr=log
                )
                stack.callback(_end, processes[name])
            yield processes["worker"].pid


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def workshop() -> Iterator[Workshop]:
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        broker = stack.enter_context(RedisServer(directory / "broker", persistent=False))
        source = stack.enter_context(RedisServer(directory / "source", persistent=False))
        target = stack.enter_context(PostgresServer(directory / "target"))
        yield Workshop(directory, broker, source, target)


def measured(module: str, *arguments: str, surroundings: Mapping[str, str]) -> str:
    """Standard output of `python -m module`, in a process of its own. Raises RuntimeError with what went wrong."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=dict(surroundings), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{module} failed:\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
    return ended.stdout
