"""Rows to records and back, at the edges of a node's clock of whole seconds."""

import erldistpy
import pytest

from migrations_app.stores.sessions.beam.rows import Clock, Unreadable, entry_of, record_of
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

#: A node's monotonic clock begins far below zero.
CLOCK = Clock(offset_ms=1_700_576_460_123, now=-576_460_000)
VALUE = erldistpy.encode({"a": 1})


def there_and_back(record: SessionRecord, clock: Clock = CLOCK) -> SessionRecord | None:
    _, accessed, ttl, created, content, version, fixed, text = entry_of(record, record.version, clock)
    assert created <= accessed
    near = (b"", version, fixed, accessed, ttl, created, text)
    return record_of(record.id, (accessed, ttl, created, content, [near]), clock)


@pytest.mark.parametrize("ttl_ms", [None, 0, 1000, 3_600_000])
@pytest.mark.parametrize("left_ms", [1, 999, 1000, 1001, 59_500, 3_600_000])
def test_a_deadline_never_comes_early_and_at_most_a_second_late(ttl_ms, left_ms):
    deadline = CLOCK.unix_ms(CLOCK.now) + left_ms
    record = SessionRecord("s", VALUE, Codec.ETF, 5, 6, ttl_ms, deadline, {"a": 1}, Version(3, 4))

    read = there_and_back(record)

    assert read is not None
    assert deadline <= read.expires_at_ms < deadline + 1000
    assert read.content_hash() == record.content_hash()
    assert (read.last_accessed_at_ms, read.version) == (6, (3, 4))


def test_a_session_dies_in_the_second_after_its_last():
    row = (CLOCK.now - 60, 60, CLOCK.now - 60, VALUE, [])

    alive, dead = record_of("s", row, CLOCK), record_of("s", row, Clock(CLOCK.offset_ms, CLOCK.now + 1))

    assert alive is not None
    assert alive.expires_at_ms == CLOCK.unix_ms(CLOCK.now + 1)
    assert dead is None


def test_what_lies_beside_counts_only_for_what_it_described():
    near = (b"s", (2, 9), True, CLOCK.now, 60, CLOCK.now - 5, b'{"created_at_ms":7,"last_accessed_at_ms":8}')
    same = record_of("s", (CLOCK.now, 60, CLOCK.now - 5, VALUE, [near]), CLOCK)
    touched = record_of("s", (CLOCK.now, 59, CLOCK.now - 5, VALUE, [near]), CLOCK)
    made_anew = record_of("s", (CLOCK.now, 60, CLOCK.now, VALUE, [near]), CLOCK)

    assert (same.ttl_ms, same.created_at_ms, same.last_accessed_at_ms) == (None, 7, 8)
    assert (touched.ttl_ms, touched.created_at_ms) == (59_000, 7)
    assert touched.last_accessed_at_ms == CLOCK.unix_ms(CLOCK.now)
    assert made_anew.created_at_ms == CLOCK.unix_ms(CLOCK.now)


@pytest.mark.parametrize("row", [None, (1.5, 60, 1, VALUE, []), (1, None, 1, VALUE, []), (1, 60, "x", VALUE, [])])
def test_a_row_of_another_shape_is_unreadable(row):
    with pytest.raises(Unreadable):
        record_of("s", row, CLOCK)
