from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import Guard
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.routed_memory import MemoryRoutedStore
from migrations_app.testing.session_memory import MemoryPlace
from tests.stores.routed.contract import RoutedContract
from tests.stores.routed.place import FIRST, RoutedPlace
from tests.stores.sessions.place import WORKER, Place

MINUTE = 60_000


class PlaceInMemory(RoutedPlace):
    """Legacy calls are plain calls: in memory there is no other client."""

    def __init__(self, memory: MemoryPlace | None = None) -> None:
        super().__init__(Place({}))
        self.memory = memory or MemoryPlace()

    def open(self, *, read_only: bool = False) -> MemoryRoutedStore:
        return MemoryRoutedStore(self.memory, read_only=read_only)

    def legacy_write(self, session_id: str, value: bytes, expires_at_ms: int) -> None:
        self.open().write(SessionRecord(session_id, value, expires_at_ms=expires_at_ms), None)

    def legacy_read(self, session_id: str) -> bytes | None:
        record = self.open().read(session_id, None)
        return record.value if record else None

    def legacy_delete(self, session_id: str) -> None:
        self.open().delete(session_id, None)

    def traces(self) -> Sequence[str]:
        return ["route"] if self.memory.route else []

    def now_ms(self) -> int:
        return self.memory.now_ms

    def let_pass(self, ms: int) -> None:
        self.memory.advance(ms + 1)


class TestInMemory(RoutedContract):
    @pytest.fixture
    def place(self) -> PlaceInMemory:
        return PlaceInMemory()


def test_the_clock_stands_still_until_it_is_moved() -> None:
    place = PlaceInMemory()
    with place.ready() as store:
        store.write(place.record(), FIRST, lifetime_ms=MINUTE)
        place.memory.advance(MINUTE - 1)
        assert store.read("one", FIRST) is not None
        place.memory.advance(1)
        assert store.read("one", FIRST) is None


def test_workers_find_no_route_where_none_was_joined() -> None:
    place = PlaceInMemory()
    with place.open() as store:
        store.sessions.initialise(WORKER)
        with pytest.raises(ValidationFailed, match="not joined"):
            store.adopt([], WORKER)
        assert (store.fences(), store.highest_seqs(), store.mirrored(), store.legacy_writes()) == ([], [], "", 0)
        assert (store.marks(range(256), 9), store.tombstones("", 9)) == ([], ([], ""))


def test_places_share_nothing() -> None:
    one, two = PlaceInMemory(), PlaceInMemory()
    with one.ready() as store, two.ready() as other:
        store.write(one.record(), Guard(1, journaled=True))
        assert other.read("one", FIRST) is None
        assert store.incarnation() != other.incarnation()


def test_a_forgotten_tombstone_must_have_been_carried() -> None:
    place = PlaceInMemory()
    with place.ready() as store:
        store.delete("one", FIRST)
        (dead,) = store.tombstones("", 10)[0]
        assert store.forget([dead], WORKER) == 0
        assert store.forget([replace(dead)], WORKER) == 0
        store.acknowledge(store.marks(range(256), 10), WORKER)
        assert store.forget([dead], WORKER) == 1
