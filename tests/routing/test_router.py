import contextlib
import sqlite3
import threading

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.errors import (
    LeaseExpired,
    SessionExists,
    SessionMissing,
    StoreNotConfigured,
    WritesAreWaiting,
)
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import RouteSource
from migrations_app.stores.routed.base import ALL_BUCKETS, bucket_of
from migrations_app.stores.sessions.base import FenceClass
from migrations_app.stores.sessions.records import UNVERSIONED, Codec
from tests.routing.routed_world import HOUR_MS, RoutedWorld, guard, soon


@pytest.fixture
def world():
    return RoutedWorld()


@pytest.fixture
def router(world):
    with world.router() as router:
        yield router


def marks(world, side):
    return {mark.id for mark in world.store(side).marks(ALL_BUCKETS, 1000)}


class TestOneSession:
    def test_from_its_creation_to_its_end(self, router):
        assert router.get("id") is None
        written = router.set("id", b"value", ttl_ms=HOUR_MS, created_at_ms=5, extra={"user": 7})

        read = router.get("id")
        assert (read.value, read.ttl_ms, read.created_at_ms) == (b"value", HOUR_MS, 5)
        assert (read.expires_at_ms, read.extra) == (written.expires_at_ms, {"user": 7})
        assert router.delete("id")
        assert not router.delete("id")
        assert router.get("id") is None

    def test_a_touch_moves_a_sliding_deadline_and_leaves_a_fixed_one(self, world, router):
        sliding = router.set("sliding", b"x", ttl_ms=HOUR_MS)
        fixed = router.set("fixed", b"x", expires_at_ms=sliding.expires_at_ms)
        world.places["a"].advance(1000)

        assert router.touch("sliding")
        assert router.touch("fixed")
        assert not router.touch("nobody")
        assert router.get("sliding").expires_at_ms == sliding.expires_at_ms + 1000
        assert router.get("fixed").expires_at_ms == fixed.expires_at_ms

    def test_creating_and_replacing_can_be_required(self, router):
        with pytest.raises(SessionMissing):
            router.set("id", b"x", must_exist=True)
        router.set("id", b"1", must_create=True)
        with pytest.raises(SessionExists):
            router.set("id", b"2", must_create=True)
        router.set("id", b"3", must_exist=True)

        assert router.get("id").value == b"3"
        with pytest.raises(ValueError, match="not to be there"):
            router.set("id", b"4", must_create=True, must_exist=True)

    def test_values_carry_the_codec_of_the_router(self, world):
        with world.router(codec=Codec.JSON) as router:
            assert router.set("id", b"{}").codec is Codec.JSON

    def test_an_error_never_tells_a_whole_id(self, router):
        router.set("a-secret-session-id", b"x")
        with pytest.raises(SessionExists) as refused:
            router.set("a-secret-session-id", b"x", must_create=True)

        assert "a-secret-session-id" not in str(refused.value.as_dict())


class TestWithoutAStoresConfiguration:
    def test_what_needs_that_store_is_not_acknowledged_and_said_once(self, world, caplog):
        with SessionRouter(world.source(), {"a": {"side": "a"}}, open_store=world.open_store) as router:
            source = router.source
            router.set("id", b"x")
            assert source.acknowledged() == 1
            for _ in range(2):
                world.publish(RoutePhase.JOURNAL_A, "a", stores={"a": "old", "b": "new"})
                source.refresh()
                assert source.acknowledged() == 1
            world.publish(RoutePhase.PLAIN_A, "a", stores={"a": "old"})
            source.refresh()

            assert source.acknowledged() == 4
        errors = [entry.getMessage() for entry in caplog.records if entry.levelname == "ERROR"]
        assert errors == ["route web: epoch 2 is not acknowledged, because it needs new and `stores` configures a only"]

    def test_where_only_that_store_serves_the_error_names_it(self, world):
        world.publish(RoutePhase.RETIRED, "b", stores={"a": "old", "b": "new"})
        stores = {"a": {"side": "a"}}
        with SessionRouter(world.source(), stores, open_store=world.open_store) as router:
            with pytest.raises(StoreNotConfigured, match="“new”") as refused:
                router.get("id")
            assert refused.value.details == {"store": "new", "configured": ["a"]}
            assert router.counters()["errors"] == 1


class TestTablesOfOthers:
    """Of an application that has no column for a sliding length."""

    @pytest.fixture
    def router(self, world, tmp_path):
        path = tmp_path / "app.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE app (session_key TEXT PRIMARY KEY, session_data TEXT, expires DATETIME)")
        columns = {"key": "session_key", "value": "session_data", "expires_at": "expires"}
        config = {"store": "sqlite", "path": str(path), "table": "app", "value_type": "text", "columns": columns}
        self.path = path
        with SessionRouter(world.source(), {"a": config}) as router:
            yield router

    def tables(self):
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def test_what_has_a_column_leaves_nothing_beside_the_table(self, router):
        router.set("id", b"x", expires_at_ms=4_102_444_800_000, must_create=True)

        assert router.get("id").expires_at_ms == 4_102_444_800_000
        assert self.tables() == {"app"}

    def test_what_has_none_is_kept_beside_it(self, router):
        router.set("id", b"x", ttl_ms=HOUR_MS)

        assert router.get("id").ttl_ms == HOUR_MS
        assert router.touch("id")
        assert "app__snakeweb" in self.tables()


class TestPhases:
    @pytest.mark.parametrize("phase", [RoutePhase.JOURNAL_A, RoutePhase.DUAL_A, RoutePhase.DUAL_B])
    def test_with_a_replica_a_write_is_versioned_and_marked(self, world, router, phase):
        world.join()
        authority = "b" if phase is RoutePhase.DUAL_B else "a"
        record = world.publish(phase, authority)

        written = router.set("id", b"x")
        router.touch("id")
        router.delete("gone")

        assert written.version.epoch == record.epoch
        assert marks(world, authority) == {"id", "gone"}
        assert router.get("id").version > written.version

    def test_without_a_replica_it_is_versioned_only(self, world, router):
        world.join()
        record = world.publish(RoutePhase.SINGLE_B, "b")

        assert router.set("id", b"x").version.epoch == record.epoch
        assert not marks(world, "b")

    @pytest.mark.parametrize(("phase", "side"), [(RoutePhase.PLAIN_A, "a"), (RoutePhase.RETIRED, "b")])
    def test_before_and_after_a_route_operations_are_plain(self, world, router, phase, side):
        world.publish(phase, side)

        assert router.set("id", b"x").version == UNVERSIONED
        assert world.holds(side, "id") == b"x"

    def test_without_fences_operations_are_plain_in_every_phase(self, world, router):
        world.publish(RoutePhase.SINGLE_B, "b", fenced=False)

        assert router.set("id", b"x").version == UNVERSIONED
        assert world.holds("b", "id") == b"x"

    def test_each_bucket_goes_its_own_way(self, world, router):
        world.join()
        world.publish_canary(127, RoutePhase.DUAL_B, "b")
        ids = [f"id-{number}" for number in range(100)]
        for session_id in ids:
            router.set(session_id, b"x")

        for session_id in ids:
            side, other = ("b", "a") if bucket_of(session_id) <= 127 else ("a", "b")
            assert world.holds(side, session_id) == b"x"
            assert world.holds(other, session_id) is None


class TestHandOff:
    @pytest.mark.parametrize("fenced", [True, False])
    def test_reads_go_on_and_writes_wait_for_the_new_authority(self, world, router, fenced):
        if fenced:
            world.join()
        router.set("id", b"before")
        world.publish(RoutePhase.HANDOFF, "a", fenced=fenced, handoff_deadline=soon(minutes=1))
        if fenced:
            world.raise_fences("a")
        writer = threading.Thread(target=router.set, args=("id", b"while it waited"))
        writer.start()

        assert router.get("id").value == b"before"
        assert writer.is_alive()
        world.publish(RoutePhase.DUAL_B, "b", fenced=fenced)
        writer.join(60)

        assert world.holds("b", "id") == b"while it waited"
        assert world.holds("a", "id") == b"before"

    @pytest.mark.parametrize("fenced", [True, False])
    def test_beyond_the_budget_the_caller_hears_of_it(self, world, fenced):
        world.publish(RoutePhase.HANDOFF, "a", fenced=fenced, handoff_deadline=soon(minutes=1))
        with world.router(retry_budget_seconds=0.1) as router:
            for write in (lambda: router.set("id", b"x"), lambda: router.touch("id"), lambda: router.delete("id")):
                with pytest.raises(WritesAreWaiting) as refused:
                    write()

        assert refused.value.retryable
        assert world.holds("a", "id") is None
        assert router.counters()["errors"] == 3

    def test_without_fences_the_deadline_gives_the_authority_back(self, world, router):
        world.publish(RoutePhase.HANDOFF, "a", fenced=False, handoff_deadline=soon(milliseconds=80))

        router.set("id", b"x")

        assert soon() >= world.record.handoff_deadline
        assert world.holds("a", "id") == b"x"

    def test_without_fences_a_silent_control_plane_is_not_taken_for_consent(self, world):
        world.publish(RoutePhase.HANDOFF, "a", fenced=False, handoff_deadline=soon(seconds=-1))
        source = world.source()
        source.answers = False
        with world.router(source, retry_budget_seconds=0.1) as router:
            with pytest.raises(WritesAreWaiting):
                router.set("id", b"x")
            assert router.get("id") is None

    def test_with_fences_the_deadline_changes_nothing(self, world):
        world.join()
        world.publish(RoutePhase.HANDOFF, "a", handoff_deadline=soon(seconds=-1))
        with world.router(retry_budget_seconds=0.1) as router, pytest.raises(WritesAreWaiting):
            router.set("id", b"x")

    def test_a_waiting_write_learns_of_the_switch_from_the_store_alone(self, world):
        world.join()
        world.publish(RoutePhase.HANDOFF, "a")
        source = world.source()
        source.answers = False
        with world.router(source) as router:
            writer = threading.Thread(target=router.set, args=("id", b"x"))
            writer.start()
            world.publish(RoutePhase.DUAL_B, "b")
            world.mirror()
            writer.join(60)

        assert world.holds("b", "id") == b"x"


class TestFenced:
    def test_a_refusal_tells_where_to_go_without_the_control_plane(self, world):
        world.join()
        source = world.source()
        with world.router(source) as router:
            router.set("id", b"before")
            source.answers = False
            world.switch()

            assert router.get("id").value == b"before"
            router.set("id", b"after")

        assert world.holds("b", "id") == b"after"
        assert world.holds("a", "id") == b"before"
        assert router.counters()["fenced"] == 1

    def test_without_a_record_in_the_refusal_the_control_plane_is_asked(self, world):
        world.join()
        source = world.source()
        with world.router(source) as router:
            world.publish(RoutePhase.DUAL_A, "a")
            world.raise_fences("a")
            asked = source.asked

            router.set("id", b"x")

        assert source.asked == asked + 1
        assert world.holds("a", "id") == b"x"

    def test_beyond_the_budget_reads_are_refused_too(self, world):
        world.join()
        source = world.source()
        source.answers = False
        world.publish(RoutePhase.DUAL_A, "a")
        world.raise_fences("a")
        with world.router(source, retry_budget_seconds=0.1) as router:
            for operation in (lambda: router.get("id"), lambda: router.set("id", b"x")):
                with pytest.raises(WritesAreWaiting):
                    operation()

        assert router.counters()["retries"] >= 2
        assert world.holds("a", "id") is None

    def test_a_mirrored_record_of_another_route_or_none_at_all_is_not_followed(self, world):
        world.join()
        source = world.source()
        source.answers = False
        world.publish(RoutePhase.DUAL_A, "a")
        world.raise_fences("a")
        with world.router(source, retry_budget_seconds=0.05) as router:
            for document in ("no JSON", "[]", '{"name": "other", "epoch": 99, "buckets": []}'):
                world.places["a"].route.document = document
                with pytest.raises(WritesAreWaiting):
                    router.get("id")

        assert source.current().epoch == 2


class TestWithoutLease:
    class Silent(RouteSource):
        lease_ends = 0.0

    def test_a_plain_client_notices_that_its_store_joined_a_route(self, world):
        source = self.Silent("web")
        source.offer(world.record)
        world.join()
        with world.router(source) as router:
            written = router.set("id", b"x")

        assert written.version.epoch == world.record.epoch
        assert world.store("a").legacy_writes() == 0

    def test_while_no_store_has_joined_it_goes_on(self, world):
        source = self.Silent("web")
        source.offer(world.record)
        with world.router(source) as router:
            router.set("id", b"x")

        assert world.holds("a", "id") == b"x"

    def test_where_stores_cannot_refuse_nothing_is_read_or_written(self, world):
        source = self.Silent("web")
        source.offer(world.record)
        with world.router(source, fence_class=FenceClass.LEASE_ONLY) as router:
            for operation in (lambda: router.get("id"), lambda: router.set("id", b"x")):
                with pytest.raises(LeaseExpired) as refused:
                    operation()

        assert refused.value.code == "lease_expired"
        assert world.holds("a", "id") is None

    def test_with_a_valid_lease_they_are(self, world):
        with world.router(fence_class=FenceClass.LEASE_ONLY) as router:
            router.set("id", b"x")


class TestCounters:
    def test_they_tell_what_was_done(self, world, router):
        world.join()
        for number in range(10):
            router.set("id", str(number).encode())
        router.get("id")

        counters = router.counters()
        assert (counters["operations"], counters["errors"]) == (11, 0)
        assert counters["max_acked_seq_a"] == world.store("a").read("id", guard(world.record)).version.seq
        assert 0 <= counters["p99_us"] <= counters["slowest_us"]

    def test_a_stores_own_error_passes_through_and_is_counted(self, world):
        class Broken(type(world.open_store({"side": "a"}, {}))):
            def write(self, *_, **__):
                raise DependencyUnavailable("the server is gone")

        world.open_store = lambda config, secrets: Broken(world, "a")
        with world.router() as router, pytest.raises(DependencyUnavailable, match="the server is gone") as raised:
            router.set("id", b"x")

        assert not isinstance(raised.value, WritesAreWaiting)
        assert (router.counters()["errors"], router.counters()["retries"]) == (1, 0)
