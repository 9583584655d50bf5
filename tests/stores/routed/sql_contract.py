"""What SQL stores offer beyond the common contract: triggers that see every write, transactions that are waited for."""

from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from migrations_app.engine.errors import Timeout
from migrations_app.stores.routed.base import ALL_BUCKETS, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED
from tests.stores.routed.place import FIRST, RoutedPlace, held_of, marks_of, settle
from tests.stores.sessions.place import WORKER

MINUTE = 60_000


class SqlPlace(Protocol):
    """A RoutedPlace with these too."""

    def legacy_touch(self, session_id: str, expires_at_ms: int) -> None: ...

    def under_way(self, session_id: str) -> AbstractContextManager[None]:
        """A write of the session that has begun and not ended, and that a fence must wait for; rolled back."""


class SqlContract:
    def test_a_new_legacy_session_is_versioned_and_marked_at_once(self, place: RoutedPlace) -> None:
        with place.ready(fence=4) as store:
            place.legacy_write("new", place.value("legacy"), place.now_ms() + MINUTE)
            held = held_of(store, "new")

            assert held.version > UNVERSIONED
            assert held.version.epoch >= 4
            assert held.record is not None
            assert held.record.canonical_value() == place.record("new", "legacy").canonical_value()
            assert marks_of(store)["new"].version == held.version
            assert marks_of(store)["new"].bucket == bucket_of("new")
            assert store.journal([bucket_of("new")]).depth == 1
            assert [mark.id for mark in store.marks([bucket_of("new")], 10)] == ["new"]
            assert store.legacy_writes() == 1

    def test_a_legacy_touch_and_delete_are_seen_too(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            first = store.write(place.record(), FIRST).version
            settle(store)
            place.legacy_touch("one", place.now_ms() + 2 * MINUTE)  # type: ignore[attr-defined]
            touched = held_of(store, "one")
            assert touched.version > first
            assert marks_of(store)["one"].version == touched.version
            settle(store)
            place.legacy_delete("one")

            assert held_of(store, "one").dead
            assert held_of(store, "one").version > touched.version
            assert marks_of(store)["one"].version == held_of(store, "one").version
            assert store.legacy_writes() == 2
            assert [dead.id for dead in store.tombstones("", 10)[0]] == ["one"]
            place.legacy_write("one", place.value("again"), place.now_ms() + MINUTE)
            assert not held_of(store, "one").dead
            assert store.tombstones("", 10) == ([], "")

    def test_guarded_calls_follow_a_legacy_one(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            place.legacy_write("one", place.value("legacy"), place.now_ms() + MINUTE)
            legacy = held_of(store, "one").version
            written = store.write(place.record(), FIRST, expected=legacy)

            assert written.version > legacy
            assert marks_of(store)["one"].version == written.version
            assert store.delete("one", FIRST)
            assert store.legacy_writes() == 1
            settle(store)
            assert store.forget(store.tombstones("", 10)[0], WORKER) == 1

    def test_without_a_route_nothing_watches(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.leave(WORKER)
            place.legacy_write("one", place.value("legacy"), place.now_ms() + MINUTE)
            assert place.legacy_read("one") is not None
            place.legacy_delete("one")

            assert place.legacy_read("one") is None
            assert not place.traces()

    def test_a_fence_that_cannot_wait_out_a_write_is_not_raised(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            with place.under_way("one"), pytest.raises(Timeout):  # type: ignore[attr-defined]
                store.raise_fence(ALL_BUCKETS, 5, WORKER, within_ms=50)
            assert {*store.fences()} == {1}
            store.raise_fence(ALL_BUCKETS, 5, WORKER, within_ms=2_000)
            assert {*store.fences()} == {5}
