"""Workers that bring the same ids at the same time, by forced schedules."""

from contextlib import contextmanager

import pytest

from migrations_app.stores.routed.base import Adopted
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import FIRST, held_of, marks_of, tomb
from tests.stores.routed.postgres.races import racing
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import rows

pytestmark = pytest.mark.servers


@pytest.fixture(params=["own", "django"])
def place(request):
    return request.getfixturevalue(request.param)


@contextmanager
def half_done(place, held):
    """An adoption that has written and not committed."""
    with place.open() as store:
        connection = store.sessions.connection()
        connection.execute("BEGIN")
        store.adopt(held, WORKER)
        yield lambda: connection.execute("COMMIT")


@pytest.mark.parametrize("backfill_first", [True, False])
def test_a_tombstone_and_a_copy_read_before_it(place, backfill_first):
    """R2: the copy has no version, the tombstone no session; still one of them sees the other."""
    copy, dead = [place.held("one", UNVERSIONED)], [tomb("one", Version(1, 9))]
    first, second = (copy, dead) if backfill_first else (dead, copy)
    with place.ready() as store:
        with (
            half_done(place, first) as go,
            racing(place, lambda other: other.adopt(second, WORKER)) as late,
        ):
            assert not late.done()
            go()
            assert late.result(60) == (Adopted(1, 0, 0) if backfill_first else Adopted(0, 0, 1))

        assert (held_of(store, "one").dead, held_of(store, "one").version) == (True, Version(1, 9))
        assert place.legacy_read("one") is None


@pytest.mark.parametrize("newer_first", [True, False])
def test_two_relays_of_one_session(place, newer_first):
    """R17. Neither found anything to lock."""
    older, newer = [place.held("one", Version(1, 5), "older")], [place.held("one", Version(1, 6), "newer")]
    first, second = (newer, older) if newer_first else (older, newer)
    with place.ready() as store:
        with (
            half_done(place, first) as go,
            racing(place, lambda other: other.adopt(second, WORKER)) as late,
        ):
            assert not late.done()
            go()
            assert late.result(60) == (Adopted(0, 0, 1) if newer_first else Adopted(1, 0, 0))

        assert held_of(store, "one").record.value == place.value("newer")


def test_a_client_who_creates_the_session_meanwhile_is_not_overwritten(place):
    old = [place.held("one", UNVERSIONED, "old"), place.held("two", UNVERSIONED, "old")]
    with place.ready() as store, place.open() as client:
        connection = client.sessions.connection()
        connection.execute("BEGIN")
        client.write(place.record(content="client"), FIRST)
        with racing(place, lambda other: other.adopt(old, WORKER)) as late:
            assert not late.done()
            connection.execute("COMMIT")
            assert late.result(60) == Adopted(1, 0, 1)

        assert held_of(store, "one").record.value == place.value("client")
        assert held_of(store, "two").record.value == place.value("old")


def test_pages_without_versions_go_in_by_copy_and_resume_over_what_is_there(place):
    page = [place.held(f"id{number:03}", UNVERSIONED, ttl_ms=60_000 if number % 2 else None) for number in range(300)]
    with place.ready() as store:
        assert store.adopt(page[:200], WORKER) == Adopted(200, 0, 0)
        assert store.adopt(page[100:], WORKER) == Adopted(100, 0, 100), "a page repeated after a crash"
        assert store.adopt([tomb("id900", Version(1, 1)), *page[:9]], WORKER) == Adopted(1, 0, 9)

        assert store.sessions.count() == 300
        assert rows(place.sessions, "SELECT count(*) FROM " + place.beside("route")) == [(1,)]  # noqa: S608
        assert marks_of(store) == {}
        assert [held.record.ttl_ms for held in store.fetch(["id000", "id001"])] == [None, 60_000]


def test_somebody_elses_table_needs_a_row_beside_it_only_for_what_it_cannot_hold(django):
    with django.ready() as store:
        store.adopt([django.held("plain", UNVERSIONED), django.held("rich", UNVERSIONED, ttl_ms=5_000)], WORKER)
        store.adopt([django.held("later", Version(1, 1)), django.held("richer", Version(1, 1), ttl_ms=5_000)], WORKER)
        store.write(django.record("written"), FIRST)
        beside = "SELECT key FROM " + django.beside("snakeweb") + " ORDER BY 1"  # noqa: S608
        assert rows(django.sessions, beside) == [("rich",), ("richer",)]

        store.adopt([django.held("richer", Version(1, 2))], WORKER)
        store.write(django.record("rich"), FIRST)
        assert rows(django.sessions, beside) == []


def test_a_batch_in_which_every_id_changes_its_state(place):
    with place.ready() as store:
        store.adopt([place.held(f"id{n}", Version(1, n + 1)) for n in range(50)], WORKER)
        store.adopt([tomb(f"id{n}", Version(2, n + 1)) for n in range(50)], WORKER)
        again = [place.held(f"id{n}", Version(3, n + 1), ttl_ms=9_000) for n in range(50)]

        assert store.adopt(again, WORKER) == Adopted(50, 0, 0)
        assert store.tombstones("", 100) == ([], "")
        assert all(place.same(mine.record, theirs.record) for mine, theirs in zip(
            store.fetch([held.id for held in again]), again, strict=True))  # fmt: skip
        assert store.highest_seqs()[0] >= 50


def seq_scans(connection):
    """Of the sessions and what is known of them."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(
        "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN ('sessions', 'sessions__route')"
    )
    return row.fetchone()[0]


def test_a_batch_is_looked_up_by_its_keys_however_large_the_table_is(own):
    """The planner knows nothing of the staging tables; that must not make it read every session for a few."""
    with own.ready() as store:
        for start in range(0, 40_000, 1000):
            copies = [own.held(f"id {number}", UNVERSIONED, "first") for number in range(start, start + 1000)]
            store.adopt(copies, WORKER)
        connection = store.sessions.connection()
        store.adopt([own.held(f"id {number}", Version(1, 1), "next") for number in range(0, 40_000, 10)], WORKER)
        connection.execute("ANALYZE")
        before = seq_scans(connection)
        for version, size in enumerate((3, 3, 3, 3, 3, 3, 3, 600, 600), start=2):
            batch = [own.held(f"id {10 * number}", Version(1, version), "later") for number in range(size)]
            assert store.adopt(batch, WORKER).written == size

        assert seq_scans(connection) == before


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_living_session_with_a_version_and_a_copy_read_before_it(place, copy_first):
    """R2 without a tombstone: no lock stands between them but the unique key."""
    copy, newer = [place.held("one", UNVERSIONED, "older")], [place.held("one", Version(1, 5), "newer")]
    first, second = (copy, newer) if copy_first else (newer, copy)
    with place.ready() as store:
        with (
            half_done(place, first) as go,
            racing(place, lambda other: other.adopt(second, WORKER)) as late,
        ):
            assert not late.done()
            go()
            assert late.result(60) == (Adopted(1, 0, 0) if copy_first else Adopted(0, 0, 1))

        assert held_of(store, "one").version == Version(1, 5)


def test_a_living_session_waits_neither_for_a_copy_nor_for_a_tombstone_that_does(place):
    with (
        place.ready(),
        half_done(place, [place.held("two", UNVERSIONED)]) as go,
        racing(place, lambda other: other.adopt([tomb("three", Version(1, 9))], WORKER)) as late,
    ):
        assert not late.done()
        with place.open() as relay:
            assert relay.adopt([place.held("one", Version(1, 5))], WORKER) == Adopted(1, 0, 0)
        assert not late.done()
        go()
        assert late.result(60) == Adopted(1, 0, 0)
