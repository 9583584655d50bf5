from dataclasses import replace

import pytest

from migrations_app.handlers.session.records import newer_than, same_deadline, same_session
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version

SESSION = SessionRecord("id", b'{"a": 1, "b": 2}', Codec.JSON, 1, 2, 60_000, 1_000_000, {"x": "y"})


def test_access_times_and_versions_do_not_count():
    other = replace(SESSION, last_accessed_at_ms=99, version=Version(3, 4))

    assert same_session(SESSION, other, 0)


def test_json_is_compared_by_meaning():
    assert same_session(SESSION, replace(SESSION, value=b'{"b":2,"a":1}'), 0)
    assert not same_session(SESSION, replace(SESSION, value=b'{"b":2,"a":9}'), 0)


@pytest.mark.parametrize(
    "change",
    [{"value": b"{}"}, {"codec": Codec.OPAQUE}, {"created_at_ms": 7}, {"ttl_ms": None}, {"extra": {}}],
    ids=lambda change: next(iter(change)),
)
def test_everything_else_counts(change):
    assert not same_session(SESSION, replace(SESSION, **change), 0)


def test_deadlines_within_the_tolerance_are_equal():
    assert same_deadline(1000, 2000, 1000)
    assert not same_deadline(1000, 2001, 1000)
    assert same_deadline(None, None, 0)
    assert not same_deadline(None, 1, 10_000)


def test_a_version_that_replaces_what_is_there():
    wanted = Version(5, 2)

    assert newer_than(None, wanted) == wanted
    assert newer_than(replace(SESSION, version=UNVERSIONED), wanted) == wanted
    assert newer_than(replace(SESSION, version=Version(5, 2)), wanted) == Version(5, 3)
    assert newer_than(replace(SESSION, version=Version(9, 9)), wanted) == Version(9, 10)
