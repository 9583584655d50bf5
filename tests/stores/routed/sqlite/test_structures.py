"""What the triggers make of clients that know of no route."""

import pytest

from migrations_app.stores.routed.base import ALL_BUCKETS, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED
from tests.stores.routed.place import FIRST, held_of, marks_of, settle
from tests.stores.routed.sqlite.places import PlaceInSQLite
from tests.stores.sessions.place import WORKER, Place
from tests.stores.sessions.sqlite.conftest import sqlite_place

MINUTE = 60_000


def test_a_statement_that_replaces_rows_is_seen(django):
    with django.ready() as store:
        first = store.write(django.record(), FIRST).version
        settle(store)
        content, deadline = django.value("replaced").decode(), django.deadline(django.now_ms() + MINUTE)
        for number in (1, 2):
            django.run("INSERT OR REPLACE INTO {t} VALUES (?, ?, ?)", "one", content, deadline)

            assert store.legacy_writes() == number
            assert held_of(store, "one").version > first
            assert held_of(store, "one").record.value == content.encode()
            assert marks_of(store).keys() == {"one"}
        django.run("INSERT OR IGNORE INTO {t} VALUES (?, ?, ?)", "one", "never", deadline)
        assert store.legacy_writes() == 2


def test_clearing_expired_sessions_away_is_no_delete(own, django):
    for place in (own, django):
        with place.ready() as store:
            version = store.write(place.record(), FIRST, lifetime_ms=20).version
            store.write(place.record("alive"), FIRST)
            settle(store)
            place.let_pass(40)
            place.run("DELETE FROM {t} WHERE {expires} < ?", place.deadline(place.now_ms()))

            assert place.legacy_read("one") is None
            assert (store.legacy_writes(), marks_of(store)) == (0, {})
            held = held_of(store, "one")
            assert (held.dead, held.version) == (False, version)
            assert store.sessions.count() == 1


def test_a_session_under_a_new_key_leaves_a_tombstone(own):
    with own.ready() as store:
        store.write(own.record(), FIRST)
        own.run("UPDATE {t} SET {key} = 'two' WHERE {key} = 'one'")

        one, two = store.fetch(["one", "two"])
        assert (one.dead, two.dead) == (True, False)
        assert two.record is not None
        assert two.version > UNVERSIONED
        assert marks_of(store).keys() == {"one", "two"}


def test_a_legacy_transaction_that_rolls_back_leaves_nothing(own):
    with own.ready() as store:
        store.write(own.record(), FIRST)
        settle(store)
        before = held_of(store, "one")
        with own.under_way("one"):
            assert held_of(store, "one") == before

        assert held_of(store, "one") == before
        assert (store.legacy_writes(), marks_of(store)) == (0, {})


def test_a_bulk_write_marks_every_row(own):
    with own.ready() as store:
        names = [f"id{number}" for number in range(50)]
        for name in names:
            store.write(own.record(name), FIRST)
        settle(store)
        own.run("UPDATE {t} SET {expires} = {expires} + 1")

        marks = marks_of(store)
        assert marks.keys() == set(names)
        assert {mark.bucket for mark in marks.values()} == {bucket_of(name) for name in names}
        assert len({mark.version for mark in marks.values()}) == len(names)
        assert store.legacy_writes() == 50


def test_buckets_of_legacy_rows_are_found_out_by_whoever_reads_the_journal(own):
    with own.ready() as store, own.open(read_only=True) as reader:
        own.legacy_write("new", own.value("legacy"), own.now_ms() + MINUTE)
        others = [bucket for bucket in ALL_BUCKETS if bucket != bucket_of("new")]
        unresolved = 'SELECT count(*) FROM "snakeweb_sessions__route" WHERE bucket = -1'

        assert [mark.bucket for mark in reader.marks([bucket_of("new")], 10)] == [bucket_of("new")]
        assert reader.marks(others, 10) == []
        assert reader.journal(others).depth == 1  # open: it counts for every bucket
        assert own.run(unresolved) == [(1,)]
        assert store.journal(others).depth == 0
        assert own.run(unresolved) == [(0,)]
        assert reader.journal([bucket_of("new")]).depth == 1


@pytest.mark.parametrize("unit", ["ms", "s", "datetime"])
def test_expiry_is_judged_in_the_unit_of_the_column(tmp_path, unit):
    ddl = "CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB, e)"
    columns = {"key": "k", "value": "v", "expires_at": {"column": "e", "unit": unit}}
    place = PlaceInSQLite(sqlite_place(tmp_path / "t.db", ddl, table="t", columns=columns))
    with place.ready() as store:
        for name, after in (("past", -5_000), ("alive", MINUTE)):
            store.write(place.record(name, expires_at_ms=place.now_ms() + after), FIRST)
        settle(store)
        place.run("DELETE FROM {t}")

        assert marks_of(store).keys() == {"alive"}
        assert store.legacy_writes() == 1


def test_a_table_without_deadlines_keeps_them_beside(tmp_path):
    ddl = "CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB)"
    sessions: Place = sqlite_place(tmp_path / "t.db", ddl, table="t", columns={"key": "k", "value": "v"})
    place = PlaceInSQLite(sessions)
    with place.ready() as store:
        place.run("INSERT INTO t VALUES ('legacy', 'x')")
        store.write(place.record(ttl_ms=MINUTE), FIRST)
        store.write(place.record("short"), FIRST, lifetime_ms=20)
        assert store.touch("one", FIRST).expires_at_ms < place.later_ms
        assert store.touch("legacy", FIRST, MINUTE).expires_at_ms is not None
        assert held_of(store, "legacy").record.expires_at_ms is not None
        settle(store)
        place.let_pass(40)
        place.run("DELETE FROM t")

        assert marks_of(store).keys() == {"legacy", "one"}
        assert store.read("short", FIRST) is None
        store.leave(WORKER)
        assert not place.traces()
