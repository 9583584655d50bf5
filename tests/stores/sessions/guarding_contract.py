"""What keeps the wrong writers out of every session store: fences, read-only stores, careful clean-up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.records import Version
from tests.stores.sessions.place import WORKER, Place, ids, scan_all


class GuardingContract:
    def test_a_stale_worker_writes_nothing(self, place: Place) -> None:
        with place.ready() as store, place.open() as stale:
            store.apply([place.record("held")], WORKER)
            stale.read(["held"])
            successor = replace(WORKER, token=WORKER.token + 1)
            store.raise_worker_fence(successor)

            for write in (
                lambda: stale.apply([place.record("new"), place.record("held", version=Version(9, 9))], WORKER),
                lambda: stale.apply([], WORKER),
                lambda: stale.delete(["held"], WORKER),
                lambda: stale.raise_worker_fence(WORKER),
                lambda: stale.drop_created(WORKER),
                lambda: stale.initialise(WORKER),
            ):
                with pytest.raises(LeaseLost):
                    _with_new_connections(write)

            assert ids(scan_all(store)) == ["held"]
            assert store.read(["held"])[0].version == (7, 1)  # type: ignore[union-attr]
            assert store.apply([place.record("mine")], successor).written == 1

    def test_fences_are_seen_by_every_connection_and_apply_to_their_scope_alone(self, place: Place) -> None:
        other = WorkerToken("run:7:1", 1)
        with place.ready() as store, place.open() as elsewhere:
            store.raise_worker_fence(other)
            elsewhere.raise_worker_fence(replace(WORKER, token=50))

            assert elsewhere.apply([place.record("a")], other).written == 1
            with pytest.raises(LeaseLost):
                _with_new_connections(lambda: store.apply([place.record("b")], WORKER))
            assert ids(scan_all(elsewhere)) == ["a"]

    def test_a_forgotten_or_unknown_fence_refuses(self, place: Place) -> None:
        with place.ready() as store:
            with pytest.raises(LeaseLost):
                store.apply([place.record()], WorkerToken("run:99:0", 1))
            store.raise_worker_fence(WorkerToken("run:70:0", 1))
            store.clear_worker_fences("run:7:")

            with pytest.raises(LeaseLost):
                store.apply([place.record()], WORKER)
            assert store.apply([place.record("other run")], WorkerToken("run:70:0", 1)).written == 1
            store.clear_worker_fences("run:70:")
            with pytest.raises(LeaseLost):
                store.delete(["other run"], WorkerToken("run:70:0", 1))
            assert ids(scan_all(store)) == ["other run"]

    def test_raising_the_same_token_again_is_no_error(self, place: Place) -> None:
        with place.ready() as store:
            store.raise_worker_fence(WORKER)

            assert store.apply([place.record()], WORKER).written == 1

    def test_initialise_tells_a_repeat_the_same(self, place: Place) -> None:
        with place.open() as store:
            first = store.initialise(WORKER)

            assert store.initialise(WORKER) == first
            assert store.initialise(WorkerToken("run:8:0", 1)) is False

    def test_dropping_leaves_a_table_with_sessions(self, place: Place) -> None:
        with place.ready() as store:
            record = place.record()
            store.apply([record], WORKER)

            store.drop_created(WORKER)

            assert store.count() == 1
            (read,) = store.read(["one"])
            assert read is not None
            assert read.canonical_value() == record.canonical_value()

    def test_a_read_only_store_reads_and_cannot_write(self, place: Place) -> None:
        with place.ready() as store, place.open(read_only=True) as reader:
            store.apply([place.record()], WORKER)

            assert ids(scan_all(reader)) == ["one"]
            assert reader.count() == 1
            assert reader.probe().count == 1
            for write in (
                lambda: reader.apply([place.record("new")], WORKER),
                lambda: reader.delete(["one"], WORKER),
                lambda: reader.initialise(WORKER),
                lambda: reader.drop_created(WORKER),
                lambda: reader.raise_worker_fence(WORKER),
                lambda: reader.clear_worker_fences("run:7:"),
            ):
                with pytest.raises(ValidationFailed, match="read-only"):
                    write()
            assert ids(scan_all(store)) == ["one"]
            assert store.apply([place.record("two")], WORKER).written == 1


def _with_new_connections(write: Callable[[], Any]) -> None:
    """A successor may have ended the stale worker's connection; what counts is the answer that it gets then."""
    try:
        write()
    except LeaseLost:
        raise
    except Exception:  # noqa: BLE001 - the first answer may be that the connection is gone
        write()
