from dataclasses import replace

import pytest

from migrations_app.stores.routed.base import Condition, WriteOutcome
from tests.stores.routed.contract import RoutedContract
from tests.stores.routed.place import FIRST, held_of
from tests.stores.routed.postgres.places import DATED, PostgresPlace
from tests.stores.routed.sql_contract import SqlContract
from tests.stores.sessions.postgres.places import at, own_schema

pytestmark = pytest.mark.servers

STRANGE_TABLE = """CREATE TABLE {s}."Strange$" ("the ""key" varchar(60) COLLATE "C.utf8" NOT NULL UNIQUE,
    "Value" text, dies timestamp, kind varchar(10), noise text DEFAULT 'x')"""
STRANGE = {"key": 'the "key', "value": "Value", "expires_at": "dies", "codec": "kind"}
ENDLESS_TABLE = "CREATE TABLE {s}.endless (k text PRIMARY KEY, v bytea)"


class TestOwnTable(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, own):
        return own


class TestTableOfDjango(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, django):
        return django


class TestStrangeTable(RoutedContract, SqlContract):
    """Quotes in names, a collation of its own, timestamps without zone, lengths beside the table."""

    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server, STRANGE_TABLE) as schema:
            sessions = at(postgres_server, f"{schema}.Strange$", value_type="text", columns=STRANGE)
            stamp = f"{DATED} AT TIME ZONE 'UTC'"
            with PostgresPlace(sessions, '"the ""key"', '"Value"', "dies", stamp, decoded=True) as place:
                yield place


class TestJsonb(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server) as schema:
            sessions = at(postgres_server, f"{schema}.sessions", codec="json", value_type="jsonb")
            with PostgresPlace(sessions, decoded=True, codec="json") as place:
                yield place


@pytest.fixture
def endless(postgres_server):
    """Beside this table lies everything but the value."""
    with own_schema(postgres_server, ENDLESS_TABLE) as schema:
        sessions = at(postgres_server, f"{schema}.endless", columns={"key": "k", "value": "v"}, codec="json")
        with PostgresPlace(sessions, "k", "v", "") as place:
            yield place


@pytest.mark.parametrize("guard", [FIRST, None])
@pytest.mark.parametrize("first_call", ["read", "write", "touch", "delete"])
def test_a_thread_from_before_the_side_table_sees_it(endless, guard, first_call):
    with endless.open() as early:
        assert early.read("one", None) is None
        with endless.ready() as store:
            there = endless.record(ttl_ms=5_000, extra={"a": 1})
            for name in ("one", "two"):
                store.write(replace(there, id=name), guard)
            store.write(endless.record("brief"), guard, lifetime_ms=20)
            endless.let_pass(40)

            if first_call == "read":
                assert early.read("brief", guard) is None
            elif first_call == "write":
                early.write(endless.record("two", extra={"b": 2}), guard)
                assert store.read("two", guard).extra == {"b": 2}
            elif first_call == "touch":
                assert early.touch("two", guard).expires_at_ms < endless.now_ms() + 10_000
            else:
                assert early.delete("brief", guard) is False
            assert endless.same(early.read("one", guard), there)


def test_a_worker_from_before_the_side_table_sees_it(endless):
    with endless.open() as early:
        assert early.fetch(["one"])[0].record is None
        with endless.ready() as store:
            store.write(endless.record(ttl_ms=5_000), FIRST)

            assert endless.same(held_of(early, "one").record, endless.record(ttl_ms=5_000))


@pytest.mark.parametrize("guard", [FIRST, None])
def test_a_row_that_a_touch_begins_beside_names_the_codec(endless, guard):
    record = endless.record(expires_at_ms=None)
    with endless.ready() as store:
        store.write(record, guard)
        touched = store.touch("one", guard, 60_000)

        assert endless.same(store.read("one", guard), replace(record, expires_at_ms=touched.expires_at_ms))


@pytest.mark.parametrize("guard", [FIRST, None])
def test_a_table_without_deadlines_keeps_them_beside(endless, guard):
    with endless.ready() as store:
        forever = store.write(endless.record("ever", expires_at_ms=None), guard)
        store.write(endless.record("brief"), guard, lifetime_ms=20)
        endless.let_pass(40)

        assert forever.expires_at_ms is None
        assert store.read("ever", guard).expires_at_ms is None
        assert store.read("brief", guard) is None
        assert store.touch("brief", guard, 60_000).outcome is WriteOutcome.MISSING
        touched = store.touch("ever", guard, 60_000)
        assert store.read("ever", guard).expires_at_ms == touched.expires_at_ms > endless.now_ms()
        again = store.write(endless.record("brief"), guard, condition=Condition.ABSENT)
        assert again.outcome is WriteOutcome.WRITTEN
        exists = store.write(endless.record("brief"), guard, condition=Condition.ABSENT)
        assert (exists.outcome, exists.expires_at_ms) == (WriteOutcome.EXISTS, again.expires_at_ms)
        assert store.delete("brief", guard)
        assert not store.delete("brief", guard)
