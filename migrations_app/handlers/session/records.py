"""When two stores hold the same session, as the copier sees it. `comparison.py` has an opinion of its own."""

from collections.abc import Set
from dataclasses import replace

from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

METADATA = frozenset({"codec", "created_at_ms", "ttl_ms", "extra"})


def same_deadline(one: int | None, other: int | None, tolerance_ms: int) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance_ms


def same_session(one: SessionRecord, other: SessionRecord, tolerance_ms: int, fields: Set[str] = METADATA) -> bool:
    """Equal in value, deadline, and the metadata that both stores can keep (`fields`)."""
    return (
        same_deadline(one.expires_at_ms, other.expires_at_ms, tolerance_ms)
        and all(getattr(one, name) == getattr(other, name) for name in fields)
        and same_value(one, other)
    )


def same_value(one: SessionRecord, other: SessionRecord) -> bool:
    if one.value == other.value:
        return True
    if Codec.JSON not in (one.codec, other.codec):
        return False
    as_json = (replace(record, codec=Codec.JSON).canonical_value() for record in (one, other))
    return next(as_json) == next(as_json)


def newer_than(there: SessionRecord | None, wanted: Version) -> Version:
    """The version under which a record replaces `there` for certain: the pass's own, or one above what is there."""
    if there is None or there.version < wanted:
        return wanted
    return Version(there.version.epoch, there.version.seq + 1)
