import pytest

from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, bucket_of
from migrations_app.stores.sessions.records import Version
from tests.stores.routed.place import FIRST, held_of, marks_of, of_another_bucket, settle, tomb
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import run

pytestmark = pytest.mark.servers


def test_marks_are_read_by_their_index_and_no_further_than_asked(own):
    with own.ready() as store:
        route = own.beside("route")
        run(
            own.sessions,
            f"INSERT INTO {route} SELECT md5(n::text), n %% 256, 1, n, NULL, n FROM generate_series(1, 20000) n; "  # noqa: S608
            f"ANALYZE {route}".replace("%%", "%"),
        )
        statement = f"EXPLAIN SELECT key FROM {route} WHERE dirty_at IS NOT NULL ORDER BY dirty_at LIMIT 100"  # noqa: S608
        plan = "\n".join(row[0] for row in store.sessions.connection().execute(statement))

        assert "sessions__dirty" in plan
        assert "Sort" not in plan
        assert [mark.since_ms for mark in store.marks(ALL_BUCKETS, 3)] == [1, 2, 3]
        assert [mark.since_ms for mark in store.marks([5, 6], 3)] == [5, 6, 261]
        assert store.journal(ALL_BUCKETS).depth == 20_000
        assert store.journal([5]).depth == 79


def test_a_tombstone_is_not_forgotten_while_somebody_writes_in_its_bucket(own):
    """He may have read the bucket's floor already, and would mint below what was forgotten."""
    with own.ready() as store, own.open() as client:
        other = of_another_bucket("one")
        store.delete("one", Guard(3, True))
        store.delete(other, FIRST)
        settle(store)
        dead, _ = store.tombstones("", 10)
        connection = client.sessions.connection()
        connection.execute("BEGIN")
        client.touch("one", FIRST, 1)

        assert store.forget(dead, WORKER) == 1
        assert held_of(store, "one").dead
        connection.execute("COMMIT")
        assert store.forget(dead, WORKER) == 1
        assert client.write(own.record(), FIRST).version > Version(3, 0)


def test_what_is_minted_stays_above_a_forgotten_tombstone_of_another_store(own):
    with own.ready() as store:
        store.adopt([tomb("one", Version(1, 5_000))], WORKER)
        assert store.forget(store.tombstones("", 10)[0], WORKER) == 1

        assert store.write(own.record(), FIRST).version > Version(1, 5_000)
        assert store.highest_seqs()[bucket_of("one")] > 5_000


def test_a_cursor_holds_no_id(own):
    with own.ready() as store:
        for n in range(5):
            store.delete(f"secret{n}", FIRST)
        page, cursor = store.tombstones("", 2)

        assert len(page) == 2
        assert "secret" not in cursor
        assert len(marks_of(store)) == 5
