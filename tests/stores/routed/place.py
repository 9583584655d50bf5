"""Where a test's routed sessions lie: opened under a route, or touched as code does that knows of no route."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, Held, Mark, RoutedStore, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from tests.stores.sessions.place import HOUR, WORKER, Place, now_ms, wait_until

DOCUMENT = '{"name": "main", "epoch": 1}'
FIRST = Guard(1, journaled=True)  # goes by the epoch at which `ready` joins


class RoutedPlace(ABC):
    """One place. `sessions`: the same as a plain place, with its configuration and its makers of values."""

    #: Whether the length of a sliding deadline outlasts a legacy write; one that lies with the value goes with it.
    legacy_keeps_length = True

    def __init__(self, sessions: Place) -> None:
        self.sessions = sessions

    @abstractmethod
    def open(self, *, read_only: bool = False) -> RoutedStore: ...

    @abstractmethod
    def legacy_write(self, session_id: str, value: bytes, expires_at_ms: int) -> None:
        """Create or replace, by the store's bare client."""

    @abstractmethod
    def legacy_read(self, session_id: str) -> bytes | None: ...

    @abstractmethod
    def legacy_delete(self, session_id: str) -> None: ...

    @abstractmethod
    def traces(self) -> Sequence[str]:
        """Names of everything (tables, triggers, functions, keys) that only a route leaves in the store."""

    def now_ms(self) -> int:
        """The store's clock."""
        return now_ms()

    def let_pass(self, ms: int) -> None:
        until = self.now_ms() + ms
        wait_until(lambda: self.now_ms() > until)

    @contextmanager
    def ready(self, fence: int = 1) -> Iterator[RoutedStore]:
        """Opened, initialised, with the fence of WORKER raised, and joined."""
        with self.open() as store:
            store.sessions.initialise(WORKER)
            store.join(WORKER, route="main", fence=fence, document=DOCUMENT, epoch=fence)
            yield store

    def value(self, content: Any = 1) -> bytes:
        return self.sessions.value(content)

    @cached_property
    def later_ms(self) -> int:
        """The deadline of a test's records: one for all, in whole seconds, so that equal records are equal."""
        return self.now_ms() // 1000 * 1000 + HOUR

    def record(self, session_id: str = "one", content: Any = 1, **parts: Any) -> SessionRecord:
        parts = {"expires_at_ms": self.later_ms, "version": UNVERSIONED} | parts
        return self.sessions.record(session_id, content, **parts)

    def held(self, session_id: str, version: Version, content: Any = 1, **parts: Any) -> Held:
        """A live session as an authority would tell of it."""
        return Held(session_id, version, False, self.record(session_id, content, version=version, **parts))

    def same(self, one: SessionRecord | None, other: SessionRecord | None) -> bool:
        """Equal in contents and, within the place's tolerance, in deadline; versions are not compared."""
        if one is None or other is None:
            return one is other
        near = same_deadline(one.expires_at_ms, other.expires_at_ms, self.sessions.tolerance_ms)
        return one.content_hash() == other.content_hash() and near


def tomb(session_id: str, version: Version) -> Held:
    return Held(session_id, version, True, None)


def same_deadline(one: int | None, other: int | None, tolerance_ms: int) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance_ms


def marks_of(store: RoutedStore) -> dict[str, Mark]:
    marks = store.marks(ALL_BUCKETS, 1000)
    assert len({mark.id for mark in marks}) == len(marks)
    return {mark.id: mark for mark in marks}


def held_of(store: RoutedStore, session_id: str) -> Held:
    (held,) = store.fetch([session_id])
    assert held.record is None or held.record.version == held.version
    return held


def settle(store: RoutedStore) -> None:
    """Acknowledge every mark, as a relay that has carried them all."""
    store.acknowledge(list(marks_of(store).values()), WORKER)
    assert marks_of(store) == {}


def of_another_bucket(session_id: str) -> str:
    return next(name for n in range(999) if bucket_of(name := f"other{n}") != bucket_of(session_id))


def content_of(held: Held) -> bytes | None:
    return held.record.canonical_value() if held.record else None


def altered(held: Held, value: bytes) -> Held:
    assert held.record is not None
    return replace(held, record=replace(held.record, value=value))
