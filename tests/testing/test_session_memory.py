import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.records import Version
from migrations_app.testing.session_memory import START_MS, MemoryPlace, MemorySessions
from tests.stores.sessions.place import WORKER, Place, now_ms, scan_all


def test_a_stale_worker_is_refused() -> None:
    place = MemoryPlace()
    store = MemorySessions(place)
    store.raise_worker_fence(WORKER)
    with pytest.raises(LeaseLost):
        store.raise_worker_fence(WorkerToken(WORKER.scope, WORKER.token - 1))
    store.clear_worker_fences("run:7:")
    with pytest.raises(LeaseLost):
        store.delete(["one"], WORKER)


def test_the_clock_is_that_of_the_place() -> None:
    place = MemoryPlace()
    assert place.now_ms == START_MS
    place.advance(5)
    assert place.now_ms == START_MS + 5


def test_what_is_applied_is_scanned_counted_and_deleted() -> None:
    place = MemoryPlace(now_ms())
    makers = Place({})
    with MemorySessions(place) as store:
        store.raise_worker_fence(WORKER)
        assert store.apply([makers.record("b"), makers.record("a", version=Version(7, 2))], WORKER).written == 2
        assert store.apply([makers.record("a")], WORKER).refused == 1

        assert [record.id for record in scan_all(store, 1)] == ["a", "b"]
        assert [*store.scan_ids("b", 9).ids] == ["b"]
        assert store.missing(["a", "c"]) == ["c"]
        assert store.probe().count == 2
        assert store.delete(["a", "c"], WORKER) == 1
        assert [record and record.id for record in store.read(["a", "b"])] == [None, "b"]


def test_a_read_only_store_refuses_writers() -> None:
    with pytest.raises(ValidationFailed, match="read-only"):
        MemorySessions(MemoryPlace(), read_only=True).raise_worker_fence(WORKER)
