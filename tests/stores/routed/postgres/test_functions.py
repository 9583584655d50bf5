"""Races of two connections by a forced schedule: one stops inside its transaction, the other is seen to wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from migrations_app.engine.errors import Timeout
from migrations_app.stores.routed.base import ALL_BUCKETS, Condition, Fenced, Guard, WriteOutcome, bucket_of
from tests.stores.routed.place import FIRST, held_of
from tests.stores.routed.postgres.races import racing
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import connection_of

pytestmark = pytest.mark.servers


@pytest.fixture(params=["own", "django"])
def place(request):
    return request.getfixturevalue(request.param)


@contextmanager
def stopped(place, call: Callable) -> Iterator[Callable[[], None]]:
    """A client's call in a transaction that stays open until the function is called."""
    with place.open() as store:
        connection = store.sessions.connection()
        connection.execute("BEGIN")
        call(store)
        yield lambda: connection.execute("COMMIT")


def write(place, content):
    return lambda store: store.write(place.record(content=content), FIRST)


def delete(store):
    return store.delete("one", FIRST)


def test_of_two_who_create_one_session_the_later_has_the_later_version(place):
    with (
        place.ready() as store,
        stopped(place, write(place, "first")) as go,
        racing(place, write(place, "second")) as other,
    ):
        assert not other.done()
        first_seq = store.highest_seqs()[0]
        go()
        second = other.result(60)

        assert second.version.seq > first_seq
        held = held_of(store, "one")
        assert (held.version, held.record.value) == (second.version, place.value("second"))


def test_a_write_that_waits_for_a_delete_comes_after_it(place):
    with place.ready() as store:
        store.write(place.record(), FIRST)
        with stopped(place, delete) as go, racing(place, write(place, "after")) as other:
            assert not other.done()
            go()
            written = other.result(60)

        held = held_of(store, "one")
        assert (held.dead, held.version) == (False, written.version)
        assert store.tombstones("", 10)[0] == []


def test_a_delete_that_waits_for_a_creation_deletes_it(place):
    """It saw nothing at first: only with the version's row in its hand it knows."""
    with place.ready() as store:
        with stopped(place, write(place, "new")) as go, racing(place, delete) as other:
            assert not other.done()
            go()
            assert other.result(60) is True

        assert (held_of(store, "one").dead, held_of(store, "one").record) == (True, None)
        assert place.legacy_read("one") is None


def test_a_creation_that_waits_for_a_delete_of_nothing_stays(place):
    with place.ready() as store:
        with stopped(place, delete) as go, racing(place, write(place, "new")) as other:
            assert not other.done()
            go()
            written = other.result(60)

        held = held_of(store, "one")
        assert (held.dead, held.version) == (False, written.version)
        assert place.legacy_read("one") is not None


def test_a_condition_is_judged_by_what_the_other_left(place):
    absent = lambda store: store.write(place.record(content=2), FIRST, condition=Condition.ABSENT)  # noqa: E731
    with place.ready() as store:
        with stopped(place, write(place, 1)) as go, racing(place, absent) as other:
            assert not other.done()
            go()
            assert other.result(60).outcome is WriteOutcome.EXISTS
        version = held_of(store, "one").version
        expecting = lambda store: store.write(place.record(content=3), FIRST, expected=version)  # noqa: E731
        with stopped(place, expecting) as go, racing(place, expecting) as other:
            assert not other.done()
            go()
            assert other.result(60).outcome is WriteOutcome.CHANGED


def test_a_legacy_write_and_a_guarded_one_do_not_wait_in_a_circle(place):
    """Both take the session's row first, so neither holds what the other needs next."""
    with place.ready() as store:
        store.write(place.record(), FIRST)
        with connection_of(place.sessions) as legacy:
            legacy.execute("BEGIN")
            place.legacy_touch_by(legacy, "one", place.now_ms() + 60_000)
            with racing(place, write(place, "guarded")) as other:
                assert not other.done()
                place.legacy_touch_by(legacy, "one", place.now_ms() + 90_000)
                between = held_of(store, "one").version
                legacy.execute("COMMIT")
                written = other.result(60)

        assert written.version > between
        assert held_of(store, "one").record.value == place.value("guarded")


def test_a_fence_waits_for_the_write_under_way_and_refuses_the_next(place):
    """R9, R10: the write began before the fence; what comes while the fence waits is refused after it."""
    raise_fence = lambda store: store.raise_fence(ALL_BUCKETS, 2, WORKER)  # noqa: E731
    with place.ready() as store:
        with stopped(place, write(place, "under way")) as go, racing(place, raise_fence) as fence:
            assert not fence.done()
            with racing(place, write(place, "late")) as late:
                assert not late.done()
                go()
                fence.result(60)
                with pytest.raises(Fenced) as caught:
                    late.result(60)

        assert caught.value.fence == 2
        assert held_of(store, "one").record.value == place.value("under way")


def test_a_fence_leaves_the_other_buckets_alone(place):
    with place.ready() as store, stopped(place, write(place, "under way")):
        others = [bucket for bucket in ALL_BUCKETS if bucket != bucket_of("one")]
        store.raise_fence(others, 2, WORKER, within_ms=5_000)
        with pytest.raises(Timeout):
            store.raise_fence(ALL_BUCKETS, 3, WORKER, within_ms=50)

        assert set(store.fences()) == {1, 2}


def test_a_call_in_another_isolation_is_refused(place):
    """Its snapshot might be older than the lock."""
    with place.ready() as store:
        store.write(place.record(), FIRST)
        connection = store.sessions.connection()
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(Exception, match="READ COMMITTED"):
            store.write(place.record(), FIRST)
        connection.execute("ROLLBACK")


def test_a_session_of_the_server_may_default_to_another_isolation(place, postgres_server):
    with connection_of(place.sessions) as connection:
        user = psycopg.sql.Identifier(place.sessions.config["username"])
        default = psycopg.sql.SQL("ALTER ROLE {} SET default_transaction_isolation = {}")
        connection.execute(default.format(user, psycopg.sql.Literal("serializable")))
        try:
            with place.ready() as store:
                assert store.write(place.record(), Guard(1, True)).outcome is WriteOutcome.WRITTEN
        finally:
            connection.execute(default.format(user, psycopg.sql.Literal("read committed")))
