import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, Guard, WriteOutcome, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED
from tests.stores.routed.place import FIRST
from tests.stores.sessions.place import WORKER, wait_until
from tests.stores.sessions.postgres.places import connection_of, run

pytestmark = pytest.mark.servers


def test_a_bucket_whose_fence_is_lost_refuses_everybody(own):
    """F34."""
    with own.ready() as store:
        store.write(own.record(), FIRST)
        run(own.sessions, f"DELETE FROM {{t}}__buckets WHERE bucket = {bucket_of('one')}")  # noqa: S608
        for call in (
            lambda: store.read("one", Guard(99, True)),
            lambda: store.write(own.record(), Guard(99, True)),
            lambda: store.touch("one", Guard(99, True), 1),
            lambda: store.delete("one", Guard(99, True)),
        ):
            with pytest.raises(Fenced):
                call()
        assert own.legacy_read("one") is not None


def test_no_lock_outlives_a_call(own):
    with own.ready() as store, own.open() as client:
        client.write(own.record(), FIRST)
        client.delete("one", FIRST)
        client.read("one", FIRST)

        store.raise_fence(ALL_BUCKETS, 2, WORKER, within_ms=200)


def test_a_client_whose_connection_was_ended_connects_again(own):
    with own.ready() as store, connection_of(own.sessions) as admin:
        pid = store.sessions.connection().info.backend_pid
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(DependencyUnavailable):
            store.write(own.record(), FIRST)

        assert store.write(own.record(), FIRST).outcome is WriteOutcome.WRITTEN
        wait_until(lambda: store.read("one", FIRST) is not None)


def test_a_client_from_before_the_route_finds_the_tables_that_came(django):
    """Its layout has no side table yet when it first looks."""
    with django.open() as early:
        early.write(django.record("plain"), None)
        with pytest.raises(Fenced):
            early.read("plain", FIRST)
        with django.ready():
            assert early.read("plain", FIRST).version == UNVERSIONED
            early.write(django.record("rich", ttl_ms=5_000), FIRST)
            assert early.read("rich", FIRST).ttl_ms == 5_000


def test_ids_that_the_table_cannot_hold(django):
    with django.ready() as store:
        for name in ("nul\0", "x" * 41):
            with pytest.raises(ValidationFailed) as caught:
                store.write(django.record(name), FIRST)
            assert name not in str(caught.value)
        assert store.read("nul\0", FIRST) is None
        assert not store.delete("nul\0", FIRST)
        assert store.touch("nul\0", FIRST).outcome is WriteOutcome.MISSING
        assert store.fetch(["nul\0", "one"])[0].version == UNVERSIONED
        assert store.read("x" * 41, FIRST) is None
        assert not store.delete("x" * 41, FIRST)
