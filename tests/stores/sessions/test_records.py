from dataclasses import replace

import pytest

from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

RECORD = SessionRecord("id", b'{"a": 1}', Codec.JSON, created_at_ms=1, ttl_ms=2, expires_at_ms=3, extra={"b": [1]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"b": 1.0, "a": "\\u00e4"}', '{"a":"ä","b":1}'.encode()),
        (b"1e2", b"100"),
        (b'{"n": 12345678901234567890, "a": 1}', b'{"a":1,"n":12345678901234567890}'),
        (b'"\\ud800"', b'"\\uD800"'),
    ],
)
def test_json_is_compared_by_meaning(one, other):
    records = [replace(RECORD, value=value) for value in (one, other)]

    assert records[0].canonical_value() == records[1].canonical_value()
    assert records[0].content_hash() == records[1].content_hash()


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"value": b'{"a": 2}'},
        {"codec": Codec.OPAQUE},
        {"ttl_ms": None},
        {"created_at_ms": 2},
        {"extra": {"b": [2]}},
    ],
)
def test_the_content_hash_sees(change):
    assert replace(RECORD, **change).content_hash() != RECORD.content_hash()


@pytest.mark.parametrize(
    "change", [{"expires_at_ms": None}, {"last_accessed_at_ms": 5}, {"version": Version(9, 9)}, {"value": b'{ "a":1}'}]
)
def test_the_content_hash_does_not_see(change):
    assert replace(RECORD, **change).content_hash() == RECORD.content_hash()


def test_opaque_bytes_are_compared_as_they_are():
    assert replace(RECORD, codec=Codec.OPAQUE, value=b"\xff").canonical_value() == b"\xff"


def test_big_integers_differ_in_their_last_digit():
    one, other = (replace(RECORD, value=b"1234567890123456789%d" % digit) for digit in (1, 2))

    assert one.content_hash() != other.content_hash()
