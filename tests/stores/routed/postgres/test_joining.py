import threading

import pytest

from migrations_app.engine.errors import Timeout
from migrations_app.engine.ports import WorkerToken
from tests.stores.routed.place import DOCUMENT, FIRST
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import connection_of, rows

pytestmark = pytest.mark.servers


def test_workers_that_join_at_the_same_moment(django):
    outcomes = []

    def join(index: int) -> None:
        worker = WorkerToken(f"run:7:{index}", 1)
        with django.open() as store:
            store.sessions.raise_worker_fence(worker)
            store.join(worker, route="main", fence=1, document=DOCUMENT, epoch=1)
            outcomes.append(len(store.fences()))

    threads = [threading.Thread(target=join, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [256] * 4


def test_a_repeat_does_not_wait_for_the_tables_writers(own):
    with own.ready() as store, own.under_way("other"):
        store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)


def test_a_table_that_is_held_is_not_joined_and_not_held_up(own):
    """Triggers need every writer to end; the attempt gives up soon, with nothing changed."""
    with own.open() as store:
        store.sessions.initialise(WORKER)
        with connection_of(own.sessions) as writer:
            writer.execute("BEGIN")
            writer.execute(f"LOCK TABLE {own.table} IN ROW EXCLUSIVE MODE")
            with pytest.raises(Timeout):
                store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)
            assert not store.joined()
            writer.execute("ROLLBACK")
        store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)
        assert store.joined()


def test_the_side_table_stays_while_a_route_needs_it(django):
    """A standard run that ends would take it away when nobody else writes."""
    with django.ready() as store:
        store.write(django.record(ttl_ms=5_000), FIRST)
        store.sessions.withdraw(WORKER, ["run:7"])
        assert rows(django.sessions, "SELECT count(*) FROM {t}__snakeweb") == [(1,)]
        assert store.read("one", FIRST).ttl_ms == 5_000


def test_a_fence_is_found_by_the_index(own):
    """Even with no more than 256 rows, which a planner would rather read one by one."""
    with own.ready() as store:
        connection = store.sessions.connection()
        connection.execute(f"ANALYZE {own.beside('buckets')}")
        plan = connection.execute(f"EXPLAIN SELECT fence FROM {own.beside('buckets')} WHERE bucket = 7").fetchall()  # noqa: S608

    assert "Index Scan" in plan[0][0]
