import pytest

from migrations_app.stores.routed.base import Condition, WriteOutcome
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import rows

pytestmark = pytest.mark.servers


def test_without_a_route_a_plain_call_leaves_nothing_but_the_session(django):
    with django.open() as store:
        store.write(django.record(), None)
        store.touch("one", None, 60_000)
        relations = rows(django.sessions, "SELECT relname FROM pg_class WHERE relnamespace = '{s}'::regnamespace")
        assert {name for (name,) in relations if name.endswith("snakeweb") or "__" in name} == set()
        assert rows(django.sessions, "SELECT session_key FROM {t}") == [("one",)]


def test_what_lies_beside_goes_with_the_session(django):
    with django.open() as store:
        store.sessions.initialise(WORKER)
        store.write(django.record(ttl_ms=5_000), None)
        assert store.read("one", None).ttl_ms == 5_000
        store.write(django.record(), None)
        assert store.read("one", None).ttl_ms is None
        store.write(django.record(extra={"a": 1}), None, condition=Condition.PRESENT)
        assert store.read("one", None).extra == {"a": 1}
        assert store.delete("one", None)
        assert rows(django.sessions, "SELECT count(*) FROM {t}__snakeweb") == [(0,)]


def test_an_expectation_beside_a_condition(own):
    with own.open() as store:
        store.sessions.initialise(WORKER)
        absent = {"condition": Condition.ABSENT, "expected": UNVERSIONED}
        assert store.write(own.record(), None, **absent).outcome is WriteOutcome.MISSING
        store.write(own.record(), None)
        assert store.write(own.record(), None, **absent).outcome is WriteOutcome.EXISTS
        present = {"condition": Condition.PRESENT, "expected": Version(1, 1)}
        assert store.write(own.record(), None, **present).outcome is WriteOutcome.CHANGED
