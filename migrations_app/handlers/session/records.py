"""When two stores hold the same session, as the copier sees it. `comparison.py` has an opinion of its own."""

from migrations_app.stores.sessions.records import Codec, SessionRecord, Version


def same_deadline(one: int | None, other: int | None, tolerance_ms: int) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance_ms


def same_session(one: SessionRecord, other: SessionRecord, tolerance_ms: int) -> bool:
    """Equal in value, deadline and metadata. Access times do not count: reading moves them."""
    return (
        same_deadline(one.expires_at_ms, other.expires_at_ms, tolerance_ms)
        and (one.codec, one.created_at_ms, one.ttl_ms) == (other.codec, other.created_at_ms, other.ttl_ms)
        and one.extra == other.extra
        and same_value(one, other)
    )


def same_value(one: SessionRecord, other: SessionRecord) -> bool:
    if one.value == other.value:
        return True
    return (
        one.codec is other.codec
        and one.codec in (Codec.JSON, Codec.ETF)
        and one.canonical_value() == other.canonical_value()
    )


def newer_than(there: SessionRecord | None, wanted: Version) -> Version:
    """The version under which a record replaces `there` for certain: the pass's own, or one above what is there."""
    if there is None or there.version < wanted:
        return wanted
    return Version(there.version.epoch, there.version.seq + 1)
