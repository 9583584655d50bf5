"""Where a test's sessions lie, and small words for working with them."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import erldistpy
import msgpack

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.base import WHOLE, Partition, SessionStore
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

WORKER = WorkerToken("run:7:0", 3)
HOUR = 3_600_000


def now_ms() -> int:
    return int(time.time() * 1000)


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


@dataclass
class Place:
    """Where a test's sessions lie. `tolerance_ms`: how exactly deadlines are read."""

    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    codec: Codec = Codec.OPAQUE
    text_values: bool = False
    tolerance_ms: int = 0

    def open(self, *, read_only: bool = False) -> SessionStore:
        return open_store(self.config, self.secrets, read_only=read_only)

    @contextmanager
    def ready(self) -> Iterator[SessionStore]:
        """Opened, initialised, with the fence of WORKER raised."""
        with self.open() as store:
            store.initialise(WORKER)
            yield store

    def value(self, content: Any = 1) -> bytes:
        if self.codec is Codec.ETF:
            term: bytes = erldistpy.encode({"n": content})
            return term
        if self.codec is Codec.MSGPACK:
            packed: bytes = msgpack.packb({"n": content})
            return packed
        if self.codec is Codec.JSON or self.text_values:
            return json.dumps({"n": content}).encode()
        return b"\x00\xff" + str(content).encode()

    def record(self, session_id: str = "one", content: Any = 1, **parts: Any) -> SessionRecord:
        parts = {"expires_at_ms": now_ms() + HOUR, "version": Version(7, 1)} | parts
        return SessionRecord(session_id, self.value(content), self.codec, **parts)

    def records(self, count: int, **parts: Any) -> list[SessionRecord]:
        randomly = random.Random(count)  # noqa: S311 - test data
        return [self.record(f"{randomly.getrandbits(64):016x}", n, **parts) for n in range(count)]


def scan_all(store: SessionStore, limit: int = 40, partition: Partition = WHOLE) -> list[SessionRecord]:
    found, cursor = [], ""
    while True:
        page = store.scan(cursor, limit, partition)
        assert len(page.records) <= limit
        found += page.records
        if page.last:
            return found
        cursor = page.cursor


def ids(records: Sequence[SessionRecord | None]) -> list[str]:
    return sorted(record.id for record in records if record is not None)
