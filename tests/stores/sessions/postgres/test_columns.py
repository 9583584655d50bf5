from dataclasses import replace

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import at, own_schema, rows

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"id": "x" * 41}, "longer than the 40 characters"),
        ({"id": "a\0b"}, "NUL character"),
        ({"id": ""}, "id is empty"),
        ({"value": b"a\0b"}, "NUL byte"),
        ({"value": b"\xff"}, "not UTF-8"),
        ({"expires_at_ms": None}, "no expires_at"),
        ({"expires_at_ms": 2**62}, "beyond what"),
    ],
)
def test_what_the_table_cannot_hold_is_refused_whole_and_without_ids(django, parts, reason):
    bad = replace(django.record("secret-id"), **parts)
    with django.ready() as store:
        assert reason in store.why_unrepresentable(bad)
        with pytest.raises(ValidationFailed) as caught:
            store.apply([django.record("good"), bad], WORKER)

        assert reason in caught.value.problems[0].message
        assert "secret-id" not in str(caught.value.as_dict())
        assert store.count() == 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'"a\\u0000b"', "escaped NUL"),
        (b'{"a\\u0000": 1}', "escaped NUL"),
        (b'"\\ud800"', "lone surrogate"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'"\\\\u0000"', ""),
        (b'[1, "\\u00e4"]', ""),
    ],
)
def test_what_jsonb_cannot_hold_is_known_before(postgres_server, value, reason):
    with own_schema(postgres_server) as schema:
        place = at(postgres_server, f"{schema}.sessions", codec="json", value_type="jsonb")
        record = replace(place.record(), value=value)
        with place.ready() as store:
            assert reason in store.why_unrepresentable(record)
            if not reason:
                assert store.apply([record], WORKER).written == 1
            assert "declared as JSON" in store.why_unrepresentable(replace(record, codec=Codec.OPAQUE))


@pytest.mark.parametrize(
    "value",
    [
        b'{"b": 1.0, "a": [1e2, true, null], "b": 2}',
        b' {"big": 123456789012345678901234567890, "u": "\\u00fc"} ',
        '"ü😀"'.encode(),
        b"-0.5",
    ],
)
def test_jsonb_keeps_the_meaning(postgres_server, value):
    with own_schema(postgres_server) as schema:
        place = at(postgres_server, f"{schema}.sessions", codec="json", value_type="jsonb")
        record = replace(place.record(), value=value)
        with place.ready() as store:
            store.apply([record], WORKER)
            (read,) = store.read(["one"])

    assert read.content_hash() == record.content_hash()


def test_seconds_in_integer_columns(postgres_server):
    ddl = "CREATE TABLE {s}.t (k text PRIMARY KEY, v bytea, dies int, ttl bigint)"
    with own_schema(postgres_server, ddl) as schema:
        columns = {"key": "k", "value": "v", "expires_at": "dies", "ttl": {"column": "ttl", "unit": "s"}}
        place = at(postgres_server, f"{schema}.t", columns=columns)
        with place.ready() as store:
            record = place.record(expires_at_ms=2_000_000_000_999, ttl_ms=60_000)
            store.apply([record], WORKER)
            (read,) = store.read(["one"])
            finer = store.why_unrepresentable(replace(record, ttl_ms=1_500))
            beyond = store.why_unrepresentable(replace(record, expires_at_ms=5_000_000_000_000))
            stored = rows(place, "SELECT dies, ttl FROM {t}")

    assert stored == [(2_000_000_000, 60)]
    assert (read.expires_at_ms, read.ttl_ms) == (2_000_000_000_000, 60_000)
    assert "finer than the seconds" in finer
    assert "beyond" in beyond
