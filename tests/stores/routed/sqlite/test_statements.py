"""Rows to records and back, whatever the columns are."""

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import UNVERSIONED
from tests.stores.routed.place import FIRST, held_of
from tests.stores.routed.sqlite.places import PlaceInSQLite
from tests.stores.sessions.sqlite.conftest import sqlite_place

DDL = """CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB, c TEXT, e, l INTEGER, m TEXT);
    INSERT INTO t (k, v, c, e, m) VALUES ('null', NULL, 'json', NULL, NULL), ('codec', 'x', 'pickle', NULL, NULL),
        ('deadline', 'x', 'json', 'soon', NULL), ('extra', 'x', 'json', NULL, '{'), ('good', '1', 'json', NULL, NULL)"""
COLUMNS = {"key": "k", "value": "v", "codec": "c", "extra": "m"} | {
    part: {"column": name, "unit": "s"} for part, name in (("expires_at", "e"), ("ttl", "l"))
}


@pytest.fixture
def seconds(tmp_path):
    return PlaceInSQLite(sqlite_place(tmp_path / "t.db", DDL, table="t", columns=COLUMNS))


def test_rows_that_are_no_sessions_are_not_there(seconds):
    with seconds.ready() as store:
        names = ["null", "codec", "deadline", "extra", "good"]

        assert [held.id for held in store.fetch(names) if held.record] == ["good"]
        assert [name for name in names if store.read(name, FIRST)] == ["good"]
        assert [name for name in names if store.read(name, None)] == ["good"]


def test_a_column_of_seconds_cuts_deadlines_and_tells_so(seconds):
    with seconds.ready() as store:
        written = store.write(seconds.record(expires_at_ms=seconds.later_ms + 700), FIRST)
        assert written.expires_at_ms == seconds.later_ms == store.read("one", FIRST).expires_at_ms
        touched = store.touch("one", FIRST, 60_700)
        assert touched.expires_at_ms == store.read("one", FIRST).expires_at_ms


def test_a_length_that_seconds_would_cut_is_refused(seconds):
    with seconds.ready() as store:
        for guard in (FIRST, None):
            with pytest.raises(ValidationFailed, match="cannot hold"):
                store.write(seconds.record(ttl_ms=1_500), guard)

        assert held_of(store, "one").record is None


def test_what_no_layout_holds_is_refused_before_anything_is_written(own, django):
    for place, record in (
        (own, own.record("")),
        (own, own.record(created_at_ms=2**70)),
        (django, django.record(expires_at_ms=10**17)),
        (django, type(django.record())("one", b"\xff", expires_at_ms=django.later_ms)),
    ):
        with place.ready() as store:
            for guard in (FIRST, None):
                with pytest.raises(ValidationFailed, match="cannot hold"):
                    store.write(record, guard)
            assert store.sessions.count() == 0


def test_the_version_of_the_standard_mode_is_another_one(own):
    with own.ready() as store:
        own.run("INSERT INTO {t} (key, value, ver_epoch, ver_seq) VALUES ('one', x'00', 7, 7)")
        store.write(own.record("two"), FIRST)
        store.write(own.record("one"), FIRST)

        assert own.run("SELECT DISTINCT ver_epoch, ver_seq FROM {t}") == [(0, 0)]
        (standard,) = store.sessions.read(["two"])
        assert standard.version == UNVERSIONED
        assert held_of(store, "two").version > UNVERSIONED
