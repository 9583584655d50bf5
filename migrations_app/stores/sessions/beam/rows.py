"""Rows of a node's session table to records and back.

The value is the session's own map in Erlang's external format, without what says where and when it lives: its id, its
times, and the id of a worker of that node, which means nothing on another one. A deadline is the moment from which the
node takes the session for expired: the second after `last accessed + ttl`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.beam.terms import is_map, may_be_of_one_node, problem_with_term
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

# What Snakepit creates for itself: a session for each worker (from 0.6.1 on) and one for all (0.4.0 to 0.6.3).
_OWN = re.compile(rb"session_\d+_\d+|default_session")


class Unreadable(Exception):
    """The row is no session that another store could hold; the text says why, without the content."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A node's clock at one look: `offset_ms` turns its monotonic time into Unix time; `now` is in its seconds."""

    offset_ms: int
    now: int

    def unix_ms(self, seconds: int) -> int:
        return seconds * 1000 + self.offset_ms

    def seconds(self, unix_ms: int) -> int:
        """Rounded up: a deadline must not come early."""
        return -((self.offset_ms - unix_ms) // 1000)


def belongs_to_node(session_id: bytes) -> bool:
    return _OWN.fullmatch(session_id) is not None


def record_of(session_id: str, row: tuple[Any, ...] | None, clock: Clock) -> SessionRecord | None:
    """Of a row of READING. None when it has expired. Raises Unreadable."""
    if row is None:
        raise Unreadable("the row is not one of a session")
    accessed, ttl, created, content, near = row
    if not (type(accessed) is type(ttl) is type(created) is int):
        raise Unreadable("a time of the session is no whole number of seconds")
    if accessed + ttl < clock.now:
        return None
    if may_be_of_one_node(content) and (problem := problem_with_term(content)):
        raise Unreadable(problem)
    version, fixed, beside = Version(0, 0), False, dict[str, Any]()
    ttl_ms: int | None = ttl * 1000
    created_ms: int | None = clock.unix_ms(created)
    accessed_ms: int | None = clock.unix_ms(accessed)
    if near:
        _, known, was_fixed, had_accessed, had_ttl, had_created, text = near[0]
        version, beside = Version(*known), json.loads(text)
        if had_created == created:
            created_ms = beside.get("created_at_ms")
        if (had_accessed, had_ttl) == (accessed, ttl):  # nobody has touched it since
            fixed, accessed_ms = was_fixed, beside.get("last_accessed_at_ms")
        if had_ttl == ttl:
            ttl_ms = beside.get("ttl_ms", ttl_ms)
    return SessionRecord(
        id=session_id,
        value=content,
        codec=Codec.ETF,
        created_at_ms=created_ms,
        last_accessed_at_ms=accessed_ms,
        ttl_ms=None if fixed else ttl_ms,
        expires_at_ms=clock.unix_ms(accessed + ttl + 1),
        extra=beside.get("extra", {}),
        version=version,
    )


def entry_of(record: SessionRecord, version: Version, clock: Clock, *, keeps_length: bool = True) -> tuple[Any, ...]:
    """What APPLYING takes. The record must be representable.

    Where the row does not keep the sliding length, as a session's beginning has what was left in its place, it is
    noted beside the row.
    """
    last_second = clock.seconds(record.expires_at_ms or 0) - 1
    if record.ttl_ms is None:
        accessed, ttl = clock.now, max(0, last_second - clock.now)
        accessed = min(accessed, last_second - ttl)
    else:
        ttl = record.ttl_ms // 1000
        accessed = last_second - ttl
    created = accessed
    if record.created_at_ms is not None:
        # The store refuses to update a session that was accessed before it was created.
        created = min(accessed, (record.created_at_ms - clock.offset_ms) // 1000)
    beside = {
        "created_at_ms": record.created_at_ms,
        "last_accessed_at_ms": record.last_accessed_at_ms,
        "extra": dict(record.extra),
    }
    if not keeps_length:
        beside["ttl_ms"] = record.ttl_ms
    fixed = record.ttl_ms is None
    text = json.dumps(beside, separators=(",", ":")).encode()
    return (record.id.encode(), accessed, ttl, created, record.value, tuple(version), fixed, text)


def why_unrepresentable(record: SessionRecord) -> str:
    if not record.id:
        return "the id is empty"
    if belongs_to_node(record.id.encode()):
        return "its id is of the kind that a node gives to its own workers' sessions"
    if record.codec is not Codec.ETF or not is_map(record.value):
        return "its value is not an Erlang map"
    if problem := problem_with_term(record.value):
        return problem
    if record.expires_at_ms is None:
        return "it never ends, and a node's sessions do"
    if record.ttl_ms is not None and record.ttl_ms % 1000:
        return "its sliding length is finer than a second"
    return ""


def readable(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    """Of a map with atoms as keys."""
    return {key.name: value for key, value in mapping.items()}
