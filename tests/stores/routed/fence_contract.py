"""What keeps the wrong callers out of a store under a route: fences, workers' tokens, joining and leaving."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost, ValidationFailed
from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, Guard, RoutedStore, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import (
    DOCUMENT,
    FIRST,
    RoutedPlace,
    held_of,
    marks_of,
    of_another_bucket,
    settle,
    tomb,
)
from tests.stores.sessions.place import WORKER

NEWER = '{"name": "main", "epoch": 5}'
SUCCESSOR = replace(WORKER, token=WORKER.token + 1)


class FenceContract:
    def test_a_guard_below_the_fence_is_refused_and_learns_why(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record(), FIRST)
            before, marks, state = store.highest_seqs(), marks_of(store), held_of(store, "one")
            store.raise_fence(ALL_BUCKETS, 5, WORKER)
            store.mirror(NEWER, 5, WORKER)

            for refused in _client_calls(place, store, Guard(4, journaled=True)):
                with pytest.raises(Fenced) as caught:
                    refused()
                assert (caught.value.fence, caught.value.document) == (5, NEWER)

            assert held_of(store, "one") == state
            assert held_of(store, "new").record is None
            assert (store.highest_seqs(), marks_of(store)) == (before, marks)
            for accepted in _client_calls(place, store, Guard(5, journaled=True)):
                accepted()
            assert store.write(place.record(), Guard(6, journaled=True)).version.epoch == 6

    def test_a_fence_is_of_its_bucket(self, place: RoutedPlace) -> None:
        other = of_another_bucket("one")
        with place.ready() as store:
            store.raise_fence([bucket_of("one")], 3, WORKER)

            with pytest.raises(Fenced):
                store.write(place.record("one"), FIRST)
            store.write(place.record(other), FIRST)
            fences = store.fences()
            assert len(fences) == BUCKETS
            assert [bucket for bucket, fence in enumerate(fences) if fence == 3] == [bucket_of("one")]
            assert {fence for bucket, fence in enumerate(fences) if bucket != bucket_of("one")} == {1}

    def test_a_fence_is_seen_by_every_connection(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as client:
            client.write(place.record(), FIRST)
            store.raise_fence(ALL_BUCKETS, 2, WORKER)

            with pytest.raises(Fenced):
                client.write(place.record(content="late"), FIRST)
            with pytest.raises(Fenced):
                client.read("one", FIRST)
            assert client.read("one", Guard(2, journaled=True)) is not None

    def test_fences_are_never_lowered(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.raise_fence([3], 9, WORKER)
            store.raise_fence(ALL_BUCKETS, 4, WORKER)
            store.join(WORKER, route="main", fence=2, document=DOCUMENT, epoch=1)

            assert [*store.fences()] == [9 if bucket == 3 else 4 for bucket in ALL_BUCKETS]
            store.join(WORKER, route="main", fence=6, document=DOCUMENT, epoch=1)
            assert [*store.fences()] == [9 if bucket == 3 else 6 for bucket in ALL_BUCKETS]

    def test_the_mirrored_record_only_grows(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as client:
            assert client.mirrored() == DOCUMENT
            store.mirror(NEWER, 5, WORKER)
            for epoch in (5, 4):
                store.mirror("older or equal", epoch, WORKER)
            store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)

            assert client.mirrored() == NEWER

    def test_joining_twice_changes_nothing(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            written = store.write(place.record(), FIRST)
            marks, seqs = marks_of(store), store.highest_seqs()
            store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)

            assert store.joined()
            assert held_of(store, "one").version == written.version
            assert (marks_of(store), store.highest_seqs()) == (marks, seqs)

    def test_leaving_removes_every_trace_and_keeps_the_values(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as client:
            client.write(place.record("one", "kept"), FIRST)
            client.write(place.record("gone"), FIRST)
            client.delete("gone", FIRST)
            before = place.legacy_read("one")
            assert place.traces()

            store.leave(WORKER)
            store.leave(WORKER)

            assert not place.traces()
            assert not store.joined()
            assert [*store.fences()] == []
            assert store.mirrored() == ""
            assert before == place.legacy_read("one") is not None
            assert place.same(store.read("one", None), place.record("one", "kept"))
            assert held_of(store, "one").version == UNVERSIONED
            assert store.read("gone", None) is None
            with pytest.raises(Fenced):  # a client that comes late: nothing vouches for its epoch any more
                client.write(place.record("one", "late"), FIRST)
            with pytest.raises(Fenced):
                client.read("one", FIRST)
            assert before == place.legacy_read("one")

    def test_a_store_can_join_again(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record(), FIRST)
            store.leave(WORKER)
            store.join(WORKER, route="again", fence=4, document=NEWER, epoch=5)

            assert (store.joined(), store.mirrored(), {*store.fences()}) == (True, NEWER, {4})
            assert held_of(store, "one").version == UNVERSIONED
            assert marks_of(store) == {}
            assert store.write(place.record(), Guard(4, journaled=True)).version.epoch == 4

    def test_a_store_that_has_not_joined_refuses_guards(self, place: RoutedPlace) -> None:
        with place.open() as store:
            store.sessions.initialise(WORKER)
            for refused in _client_calls(place, store, FIRST):
                with pytest.raises(Fenced):
                    refused()
            assert store.sessions.count() == 0

    def test_a_stale_worker_changes_nothing(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as stale:
            store.write(place.record(), FIRST)
            store.write(place.record("gone"), FIRST)
            store.delete("gone", FIRST)
            marks, (dead,) = [*marks_of(store).values()], store.tombstones("", 10)[0]
            one, fences, seqs = held_of(store, "one"), [*store.fences()], [*store.highest_seqs()]
            stale.read("one", FIRST)
            store.sessions.raise_worker_fence(SUCCESSOR)

            for call in (
                lambda: stale.join(WORKER, route="main", fence=8, document=NEWER, epoch=5),
                lambda: stale.raise_fence(ALL_BUCKETS, 8, WORKER),
                lambda: stale.mirror(NEWER, 5, WORKER),
                lambda: stale.acknowledge(marks, WORKER),
                lambda: stale.adopt([place.held("new", Version(9, 9)), tomb("one", Version(9, 9))], WORKER),
                lambda: stale.adopt([place.held("new", Version(9, 9))], WorkerToken("run:99:0", 1)),
                lambda: stale.remint(one, WORKER, 2),
                lambda: stale.forget([dead], WORKER),
                lambda: stale.leave(WORKER),
            ):
                _refused_as_stale(call)

            assert store.joined()
            assert store.mirrored() == DOCUMENT
            assert ([*store.fences()], [*store.highest_seqs()]) == (fences, seqs)
            assert (held_of(store, "one"), held_of(store, "new").record) == (one, None)
            assert sorted(marks_of(store)) == sorted(mark.id for mark in marks)
            assert store.tombstones("", 10) == ([dead], "")
            assert store.adopt([place.held("new", Version(9, 9))], SUCCESSOR).written == 1

    def test_a_read_only_store_looks_and_cannot_write(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open(read_only=True) as reader:
            store.write(place.record(), FIRST)

            assert place.same(reader.read("one", None), place.record())
            assert place.same(held_of(reader, "one").record, place.record())
            assert (reader.joined(), reader.mirrored(), {*reader.fences()}) == (True, DOCUMENT, {1})
            assert marks_of(reader).keys() == {"one"}
            assert reader.journal(ALL_BUCKETS).depth == 1
            for write in (
                lambda: reader.write(place.record("new"), FIRST),
                lambda: reader.write(place.record("new"), None),
                lambda: reader.delete("one", FIRST),
                lambda: reader.adopt([place.held("new", Version(9, 9))], WORKER),
                lambda: reader.raise_fence(ALL_BUCKETS, 9, WORKER),
            ):
                with pytest.raises(ValidationFailed, match="read-only"):
                    write()
            settle(store)
            assert [*store.fences()] == [1] * BUCKETS
            assert store.sessions.scan_ids("", 10).ids == ["one"]

    def test_the_incarnation_is_of_the_server(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as other:
            assert store.incarnation()
            assert store.incarnation() == other.incarnation()


def _client_calls(place: RoutedPlace, store: RoutedStore, guard: Guard) -> list[Callable[[], Any]]:
    return [
        lambda: store.read("one", guard),
        lambda: store.write(place.record("one", "late"), guard),
        lambda: store.write(place.record("new"), guard),
        lambda: store.touch("one", guard, 60_000),
        lambda: store.delete("one", guard),
        lambda: store.delete("none", guard),
    ]


def _refused_as_stale(call: Callable[[], Any]) -> None:
    """A successor may have ended the stale worker's connection; what counts is the answer that it gets then."""
    try:
        call()
    except LeaseLost:
        return
    except DependencyUnavailable:
        pass
    with pytest.raises(LeaseLost):
        call()
