"""Rows of a node's session table in a file, as Erlang terms: taken apart and put together.

A row is `{Id, {LastAccessed, Ttl, Session}}` as it lies in the table, times in seconds of the node's monotonic clock.
One that we write has in its middle what has no place there: `{Id, {Epoch, Seq, Fixed, DeadlineMs, Text}, {...}}`. Text
is JSON, as beside a session of a live node.
"""

import json
from dataclasses import replace
from typing import NamedTuple

from migrations_app.beam import parts
from migrations_app.beam.terms import VERSION, BadTerm, integer, is_compressed, unpacked
from migrations_app.stores.sessions.beam import rows
from migrations_app.stores.sessions.beam.rows import Clock, Unreadable
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version

ROW_BYTES = 16 * 1024 * 1024  # packed and unpacked
SESSION_BYTES = 15 * 1024 * 1024  # of a session's value and further data: it fits into a row with what is around it
LEAST_BYTES = 64  # a session's id and times alone take more
LONGEST_SECONDS = 10**12
LONGEST_MS = 10**14
PLACELESS = (b"id", b"created_at", b"last_accessed", b"last_worker_id", b"ttl")
_FIRST = 1  # behind the version
_MAP_HEAD = 5


class Head(NamedTuple):
    """What a row begins with; `session` is where its map lies. `near` (fixed, text) and `version` only of our rows."""

    accessed: int
    ttl: int
    session: int
    version: Version = UNVERSIONED
    deadline_ms: int | None = None
    near: tuple[bool, bytes] | None = None

    def expires_at_ms(self, clock: Clock) -> int:
        return clock.unix_ms(self.accessed + self.ttl + 1) if self.deadline_ms is None else self.deadline_ms


def plain(data: bytes) -> bytes:
    """The same term, not compressed. Raises BadTerm."""
    if data[:1] != bytes([VERSION]):
        raise BadTerm("it is not in Erlang's external term format")
    return bytes([VERSION]) + unpacked(data, ROW_BYTES) if is_compressed(data) else data


def key_of(term: bytes, at: int = _FIRST) -> bytes | None:
    """The id of the row at `at`; None where its key is no binary, or it is no row."""
    try:
        return parts.binary_at(term, parts.tuple_at(term, at)[1])[0]
    except BadTerm:
        return None


def head_of(term: bytes) -> Head:
    """Raises BadTerm for what is no row of a session."""
    arity, at = parts.tuple_at(term, _FIRST)
    _, at = parts.binary_at(term, at)
    if arity == 2:
        return Head(*_times(term, at))
    if arity != 3:
        raise BadTerm("the row is not one of a session")
    inside, at = parts.tuple_at(term, at)
    epoch, at = parts.integer_at(term, at)
    seq, at = parts.integer_at(term, at)
    fixed, at = parts.atom_at(term, at)
    deadline_ms, at = parts.integer_at(term, at)
    text, at = parts.binary_at(term, at)
    if inside != 5 or fixed not in (b"true", b"false") or abs(deadline_ms) > LONGEST_MS:
        raise BadTerm("what Snakeweb kept beside the session is damaged")
    return Head(*_times(term, at), Version(epoch, seq), deadline_ms, (fixed == b"true", text))


def _times(term: bytes, at: int) -> tuple[int, int, int]:
    arity, at = parts.tuple_at(term, at)
    accessed, at = parts.integer_at(term, at)
    ttl, at = parts.integer_at(term, at)
    if arity != 3 or abs(accessed) > LONGEST_SECONDS or not 0 <= ttl <= LONGEST_SECONDS:
        raise BadTerm("the row is not one of a session")
    return accessed, ttl, at


def record_of(session_id: str, data: bytes, clock: Clock) -> SessionRecord:
    """Whether it has expired is not looked at. Raises Unreadable."""
    try:
        term = plain(data)
        head = head_of(term)
        count, own, end = parts.pairs_at(term, head.session, PLACELESS)
        if end != len(term):
            raise BadTerm("something follows the row")
        if b"created_at" not in own:
            raise BadTerm("the row is not one of a session")
        created, _ = parts.integer_at(term, own[b"created_at"].value)
    except BadTerm as problem:
        raise Unreadable(str(problem)) from None
    if abs(created) > LONGEST_SECONDS:
        raise Unreadable("a time of the session is out of every range")
    begin, kept = head.session + _MAP_HEAD, list[bytes]()
    for pair in sorted(own.values()):
        kept.append(term[begin : pair.begin])
        begin = pair.end
    kept.append(term[begin:end])
    content = bytes([VERSION]) + parts.map_of(count - len(own), b"".join(kept))
    return _with_near(session_id, head, created, content, clock)


def _with_near(session_id: str, head: Head, created: int, content: bytes, clock: Clock) -> SessionRecord:
    accessed, ttl, near = head.accessed, head.ttl, []
    if head.near is not None:
        fixed, text = head.near
        near.append((b"", head.version, fixed, accessed, ttl, created, text))
    last = Clock(clock.offset_ms, accessed + ttl)
    try:
        record = rows.record_of(session_id, (accessed, ttl, created, content, near), last)
        if record is None or not isinstance(record.extra, dict):
            raise ValueError
        if any(type(at) not in (int, type(None)) for at in (record.created_at_ms, record.last_accessed_at_ms)):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Unreadable("what Snakeweb kept beside the session is damaged") from None
    return replace(record, expires_at_ms=head.expires_at_ms(clock))


def row_of(record: SessionRecord, clock: Clock) -> bytes:
    """The term of a record that is representable."""
    name, accessed, ttl, created, content, _, fixed, text = rows.entry_of(record, record.version, clock)
    value = plain(content)
    added = {
        "id": parts.binary(name),
        "created_at": integer(created),
        "last_accessed": integer(accessed),
        "last_worker_id": parts.atom("nil"),
        "ttl": integer(ttl),
    }
    pairs = _FIRST + _MAP_HEAD
    count = int.from_bytes(value[_FIRST + 1 : pairs], "big") + len(added)
    session = parts.map_of(count, value[pairs:] + b"".join(parts.atom(key) + term for key, term in added.items()))
    beside = parts.small_tuple(
        integer(record.version.epoch),
        integer(record.version.seq),
        parts.atom("true" if fixed else "false"),
        integer(record.expires_at_ms or 0),
        parts.binary(text),
    )
    times = parts.small_tuple(integer(accessed), integer(ttl), session)
    return bytes([VERSION]) + parts.small_tuple(parts.binary(name), beside, times)


def why_unrepresentable(record: SessionRecord) -> str:
    if why := rows.why_unrepresentable(record):
        return why
    if len(record.value) + len(json.dumps(dict(record.extra))) > SESSION_BYTES:
        return f"it is larger than {SESSION_BYTES // 2**20} MiB"
    times = (record.expires_at_ms, record.ttl_ms, record.created_at_ms)
    if any(abs(time) > LONGEST_MS for time in times if time is not None):
        return "a time of the session is out of every range"
    try:
        value = plain(record.value)
        _, own, _ = parts.pairs_at(value, _FIRST, PLACELESS)
    except BadTerm as problem:
        return str(problem)
    if own:
        names = ", ".join(sorted(name.decode() for name in own))
        return f"its value has parts of its own with names that a node gives: {names}"
    return "" if len(value) <= SESSION_BYTES else f"it is larger than {SESSION_BYTES // 2**20} MiB"
