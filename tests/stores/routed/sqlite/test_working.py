"""What workers do, where SQLite differs from other stores."""

import os
import shutil
import sqlite3

import pytest

from migrations_app.engine.errors import DependencyUnavailable, Timeout, ValidationFailed
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.sessions.records import Version
from tests.stores.routed.place import DOCUMENT, FIRST, held_of, marks_of, tomb
from tests.stores.sessions.place import WORKER


def test_a_cursor_of_tombstones_holds_no_whole_id(own):
    names = [f"{letter}{'x' * 30}" for letter in "abcdef"]
    with own.ready() as store:
        store.adopt([tomb(name, Version(1, 1)) for name in names], WORKER)
        found, cursor = [], ""
        while True:
            page, cursor = store.tombstones(cursor, 2)
            found += [dead.id for dead in page]
            if not cursor:
                break
            assert len(cursor) < 5

        assert found == names


def test_a_tombstone_that_is_marked_still_stays(own):
    with own.ready() as store:
        store.delete("one", FIRST)
        dead, _ = store.tombstones("", 10)

        assert store.forget(dead, WORKER) == 0
        store.acknowledge([*marks_of(store).values()], WORKER)
        assert store.forget(dead, WORKER) == 1


def test_a_batch_that_the_table_cannot_hold_is_refused_whole(django):
    with django.ready() as store:
        endless = django.held("two", Version(1, 2), expires_at_ms=None)
        with pytest.raises(ValidationFailed, match="1 of 2"):
            store.adopt([django.held("one", Version(1, 1)), endless], WORKER)

        assert held_of(store, "one").record is None


def test_the_incarnation_is_the_file(own):
    with own.ready() as store:
        before = store.incarnation()
    path = own.sessions.config["path"]
    shutil.copy(path, f"{path}.copy")
    os.replace(f"{path}.copy", path)
    with own.open() as store:
        assert store.incarnation() != before


def test_joining_needs_a_table_and_a_known_worker(own, tmp_path):
    with own.open() as store, pytest.raises(ValidationFailed, match="cannot be opened"):
        store.join(WORKER, route="r", fence=1, document="", epoch=1)
    with sqlite3.connect(own.sessions.config["path"]) as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    with own.open() as store:
        store.sessions.raise_worker_fence(WORKER)
        with pytest.raises(ValidationFailed, match="no table"):
            store.join(WORKER, route="r", fence=1, document=DOCUMENT, epoch=1)
        assert not store.joined()


def test_workers_are_told_that_no_route_was_joined(own):
    with own.open() as store:
        store.sessions.initialise(WORKER)

        for call in (
            lambda: store.adopt([tomb("one", Version(1, 1))], WORKER),
            lambda: store.raise_fence(ALL_BUCKETS, 2, WORKER),
            lambda: store.mirror(DOCUMENT, 2, WORKER),
        ):
            with pytest.raises(ValidationFailed, match="lacks a table"):
                call()
        assert marks_of(store) == {}
        assert (store.journal(ALL_BUCKETS).depth, store.tombstones("", 9)) == (0, ([], ""))
        assert (store.legacy_writes(), [*store.highest_seqs()], store.marked(["one"])) == (0, [], set())


def test_a_fence_leaves_the_patience_of_its_connection_as_it_was(own):
    with own.ready() as store:
        patience = store.sessions.connection().execute("PRAGMA busy_timeout").fetchone()
        with own.under_way("one"), pytest.raises(Timeout):
            store.raise_fence(ALL_BUCKETS, 2, WORKER, within_ms=20)

        assert store.sessions.connection().execute("PRAGMA busy_timeout").fetchone() == patience
        store.write(own.record(), FIRST)


def test_a_reader_under_way_holds_up_a_fence_where_the_file_has_no_write_ahead_log(own):
    with own.ready() as store, own.bare() as reader:
        store.write(own.record(), FIRST)
        store.write(own.record("two"), FIRST)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM snakeweb_sessions").fetchone()
        with pytest.raises(Timeout):
            store.raise_fence(ALL_BUCKETS, 2, WORKER, within_ms=20)
        assert {*store.fences()} == {1}
        reader.execute("ROLLBACK")

        store.raise_fence(ALL_BUCKETS, 2, WORKER)
        assert {*store.fences()} == {2}


def test_a_store_that_stays_locked_is_unavailable(own):
    with own.ready() as store:
        store.write(own.record(), FIRST)
        store.sessions.connection().execute("PRAGMA busy_timeout = 20")
        with own.under_way("one"):
            for call in (
                lambda: store.write(own.record(), FIRST),
                lambda: store.write(own.record(), None),
                lambda: store.touch("one", FIRST, 1_000),
                lambda: store.delete("one", FIRST),
                lambda: store.adopt([tomb("one", Version(1, 1))], WORKER),
            ):
                with pytest.raises(DependencyUnavailable, match="locked"):
                    call()
        assert store.delete("one", FIRST)
