"""Users at work: they read and write their sessions, and notice when something they saved is gone."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from examples.deployment.sessions import BUSY, LIFETIME_MS, QUIET, busy_id, quiet_id, revision_of, value
from migrations_app.routing import MigrationError, SessionRouter

REQUESTS_PER_SECOND = 200.0
WRITES = 0.3  # of all requests


@dataclass(slots=True)
class Traffic:
    """`known` maps the number of a busy session to the revision that was acknowledged last; 0 from the beginning."""

    reads: int = 0
    writes: int = 0
    failed: int = 0
    lost: int = 0
    slowest_ms: int = 0
    failures: list[str] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - which user clicks next

    def run(self, client: SessionRouter, leave: threading.Event) -> None:
        """One request after the other at a steady pace, until `leave` is set. What a wait delayed is caught up."""
        due = time.monotonic()
        while not leave.wait(max(0.0, due - time.monotonic())):
            due += 1 / REQUESTS_PER_SECOND
            self.request(client)

    def request(self, client: SessionRouter) -> None:
        began = time.monotonic()
        try:
            if self.chance.random() < WRITES:
                self.write(client, self.chance.randrange(BUSY))
            else:
                self.read(client)
        except MigrationError as error:
            self.failed += 1
            self.failures.append(error.message)
        self.slowest_ms = max(self.slowest_ms, round(1000 * (time.monotonic() - began)))

    def write(self, client: SessionRouter, number: int) -> None:
        session_id, revision = busy_id(number), self.known.get(number, 0) + 1
        client.set(session_id, value(session_id, revision), ttl_ms=LIFETIME_MS)
        self.known[number] = revision
        self.writes += 1

    def read(self, client: SessionRouter) -> None:
        quiet = self.chance.random() < 0.5
        number = self.chance.randrange(QUIET if quiet else BUSY)
        session_id = quiet_id(number) if quiet else busy_id(number)
        expected = 0 if quiet else self.known.get(number, 0)
        found = client.get(session_id)
        if found is None or revision_of(found.value) < expected:
            self.lost += 1
        self.reads += 1

    def counters(self) -> dict[str, int]:
        return {"reads": self.reads, "writes": self.writes, "failed": self.failed, "lost": self.lost}

    def summary(self) -> dict[str, Any]:
        return self.counters() | {"slowest_ms": self.slowest_ms, "failures": sorted(set(self.failures))}
