"""One client process: `python -m tests.faults.zero_downtime.client config.json`.

It uses sessions through the router at a given rate, or as fast as it can, and records every operation. It never
tries again by itself: what the router lets through as an error is a failed request. SIGTERM ends it; its last line
on standard output is a JSON summary.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import DependencyUnavailable, MigrationError
from migrations_app.routing.configuration import router_from
from migrations_app.routing.errors import (
    LeaseExpired,
    SessionChanged,
    SessionExists,
    SessionMissing,
    WritesAreWaiting,
)
from migrations_app.routing.router import SessionRouter
from migrations_app.stores.routed.base import bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED
from migrations_app.testing.histories import Action, Call, HistoryWriter

READY = "serving"
MIX = {"get": 50, "set": 25, "update": 12, "touch": 8, "delete": 5}
ANSWERS = (SessionChanged, SessionExists, SessionMissing)
PADDING = b"." * 120
NOT_DONE = (WritesAreWaiting, LeaseExpired)


def packed(value: str) -> bytes:
    return value.encode() + b"|" + PADDING


def unpacked(stored: bytes) -> str:
    return stored.partition(b"|")[0].decode()


class Client:
    """`failed` counts requests that a service would have answered with an error, by the error's code."""

    def __init__(self, config: Mapping[str, Any], router: SessionRouter, writer: HistoryWriter) -> None:
        self._name = str(config["name"])
        self._sessions = list(config["sessions"])
        self._ttl_ms = config.get("ttl_ms", 3_600_000)
        self._rate = float(config.get("rate", 0))
        mix = config.get("mix") or MIX
        self._actions, self._weights = list(mix), list(mix.values())
        self._router = router
        self._writer = writer
        self._chance = random.Random(f"{config['seed']} {self._name}")  # noqa: S311 - a schedule
        self._numbers = 0
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.messages: set[str] = set()
        self.slowest: dict[int, float] = {}
        self.operations: Mapping[str, Callable[[str], None]] = {
            "get": self.get,
            "set": self.set,
            "update": self.update,
            "touch": self.touch,
            "delete": self.delete,
        }

    def run(self, leave: threading.Event) -> None:
        due = time.monotonic()
        while not leave.wait(max(0.0, due - time.monotonic())):
            due = max(due + 1 / self._rate, time.monotonic() - 1) if self._rate else time.monotonic()
            action = self._chance.choices(self._actions, self._weights)[0]
            self.operations[action](self._chance.choice(self._sessions))

    def get(self, session: str) -> None:
        with self._recorded(Action.GET, session) as call:
            found = self._router.get(session)
            call.succeeded(unpacked(found.value) if found else None)

    def set(self, session: str) -> None:
        value = self._value()
        with self._recorded(Action.SET, session, value) as call:
            self._router.set(session, packed(value), ttl_ms=self._ttl_ms)
            call.succeeded()

    def update(self, session: str) -> None:
        """Compare-and-set. Before the route has fences versions do not tell changes apart: then it is a set."""
        with self._recorded(Action.GET, session) as call:
            found = self._router.get(session)
            call.succeeded(unpacked(found.value) if found else None)
        if call.outcome != "ok" or found is None:
            return
        if found.version == UNVERSIONED:
            self.set(session)
            return
        value = self._value()
        with self._recorded(Action.UPDATE, session, value, expected=unpacked(found.value)) as call:
            self._router.set(session, packed(value), ttl_ms=self._ttl_ms, expected=found.version)
            call.succeeded()

    def touch(self, session: str) -> None:
        with self._recorded(Action.TOUCH, session) as call:
            call.succeeded(found=self._router.touch(session, self._ttl_ms))

    def delete(self, session: str) -> None:
        with self._recorded(Action.DELETE, session) as call:
            call.succeeded(found=self._router.delete(session))

    def summary(self) -> dict[str, Any]:
        return {
            "name": self._name,
            "done": dict(self.done),
            "failed": dict(self.failed),
            "messages": sorted(self.messages)[:10],
            "slowest_ms": {str(bucket): round(ms, 1) for bucket, ms in sorted(self.slowest.items())},
            "router": self._router.counters(),
        }

    def _value(self) -> str:
        self._numbers += 1
        return f"{self._name}.{self._numbers}"

    def _recorded(self, action: Action, session: str, value: str | None = None, **more: Any) -> "_Recorded":
        return _Recorded(self, self._writer, action, session, value, more)

    def ended(self, action: Action, session: str, seconds: float) -> None:
        self.done[action] += 1
        if action is not Action.GET:
            bucket = bucket_of(session)
            self.slowest[bucket] = max(self.slowest.get(bucket, 0.0), 1000 * seconds)

    def erred(self, error: BaseException, action: Action, call: Call) -> bool:
        """Whether the client goes on. What the operation may have done follows from the error."""
        if isinstance(error, ANSWERS):
            call.refused()
            return True
        if isinstance(error, MigrationError):
            if isinstance(error, NOT_DONE) or action is Action.GET:
                call.refused()
            self.failed[error.code] += 1
            self.messages.add(error.message[:200])
            return isinstance(error, DependencyUnavailable)
        return False


class _Recorded:
    def __init__(
        self, client: Client, writer: HistoryWriter, action: Action, session: str, value: str | None, more: Any
    ) -> None:
        self._client, self._action, self._session = client, action, session
        self._context = writer.call(action, session, value, **more)

    def __enter__(self) -> Call:
        self._began = time.monotonic()
        self._call = self._context.__enter__()
        return self._call

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        going_on = error is None or self._client.erred(error, self._action, self._call)
        self._context.__exit__(None, None, None)
        self._client.ended(self._action, self._session, time.monotonic() - self._began)
        return going_on


def main(path: Path) -> int:
    config = json.loads(path.read_text())
    os.nice(config.get("niceness", 0))
    leave = threading.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: leave.set())
    with router_from(config["router"]) as router, HistoryWriter(Path(config["history"]), config["name"]) as writer:
        client = Client(config, router, writer)
        client.get(client._sessions[0])
        say(READY)
        client.run(leave)
        say(json.dumps(client.summary()))
    return 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
