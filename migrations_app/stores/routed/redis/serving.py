"""What clients call: each operation is one packet out and one back, built from parts that are made beforehand."""

import time
from collections.abc import Sequence
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import Condition, Fenced, Guard, WriteOutcome, Written, bucket_of
from migrations_app.stores.routed.redis import client_scripts as scripts
from migrations_app.stores.routed.redis.content import NOT_DESCRIBED, checksum, contents
from migrations_app.stores.routed.redis.keys import RouteKeys
from migrations_app.stores.routed.redis.wire import Wire, command, packed
from migrations_app.stores.sessions.applying import refuse_unrepresentable
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.redis.layout import RedisLayout, Unreadable
from migrations_app.stores.sessions.redis.meta import (
    CODEC,
    CREATED,
    DEADLINE,
    EXTRA,
    NONE,
    ROUTED_EPOCH,
    ROUTED_SEQ,
    TTL,
    UNDESCRIBED,
    meta_key,
    pack,
    unpack,
)
from migrations_app.stores.sessions.redis.reading import GONE

_OUTCOMES = {outcome.value.encode(): outcome for outcome in WriteOutcome}
_ALWAYS = packed(Condition.ANY.value.encode(), b"", b"")
_WORD = b"$%d\r\n%b\r\n"
_WRITE = b"%b" + 2 * _WORD + b"%b" + _WORD + b"%b" + 5 * _WORD
_TIME = command(b"TIME")


class Serving:
    def __init__(self, layout: RedisLayout, keys: RouteKeys, wire: Wire) -> None:
        self._layout = layout
        self._keys = keys
        self._wire = wire
        self._is_hash = layout.kind == "hash"
        self._gates = [packed(gate) for gate in keys.gates]
        self._beside = [
            packed(*of_bucket, keys.route)
            for of_bucket in zip(keys.gates, keys.epochs, keys.seqs, keys.journals, keys.dead, strict=True)
        ]
        self._exact: bool | None = None
        self._write_script = scripts.WRITE[layout.kind]
        self._newest_guard: tuple[Guard | None, bytes] = (None, b"")
        field, unit = layout.sliding_field
        self._sliding = packed(field, b"%d" % unit)

    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        key = self._layout.key(session_id)
        meta = meta_key(key)
        if guard is None:
            return self._read_plainly(session_id, key, meta)
        gate = self._gates[bucket_of(session_id)]
        if self._is_hash:
            value, beside, fence = self._read_hash(key, meta, gate)
        else:
            words = b"*4\r\n$4\r\nMGET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n%b" % (len(key), key, len(meta), meta, gate)
            value, beside, fence = self._wire.ask(words)
        if fence is None or int(fence) > guard.epoch:
            raise Fenced(int(fence or 0), self.mirrored())
        if value is None:
            return None
        described = unpack(beside) if beside else None
        if described is None or not (described[ROUTED_EPOCH] or described[ROUTED_SEQ]):
            return self._record(session_id, value, self._deadline(key), described, UNVERSIONED)
        deadline = described[DEADLINE]
        if 0 <= deadline < time.time() * 1000:  # it lives on: somebody without a guard has moved its deadline
            deadline = self._deadline(key)
        version = Version(described[ROUTED_EPOCH], described[ROUTED_SEQ])
        return self._record(session_id, value, deadline, described, version)

    def _read_hash(self, key: bytes, meta: bytes, gate: bytes) -> tuple[Any, bytes | None, bytes | None]:
        """Metadata before and after the hash, in one packet: equal ones belong to what was read between."""
        around = b"*3\r\n$4\r\nMGET\r\n" + packed(meta) + gate
        while True:
            (before, _), fields, (after, fence) = self._wire.ask(around, command(b"HGETALL", key), around)
            if before == after:
                return _flat(fields), after, fence

    def _read_plainly(self, session_id: str, key: bytes, meta: bytes) -> SessionRecord | None:
        words: tuple[bytes, ...]
        if self._is_hash:
            words = (command(b"HGETALL", key), command(b"GET", meta))
        else:
            words = (b"*3\r\n$4\r\nMGET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(key), key, len(meta), meta),)
        found = self._wire.ask(*words, *self._deadline_words(key))
        value, beside = (_flat(found[0]), found[1]) if self._is_hash else found[0]
        if value is None:
            return None
        deadline, described = _deadline(found[len(words) :]), unpack(beside) if beside else None
        return self._record(session_id, value, deadline, described, UNVERSIONED)

    def _record(
        self, session_id: str, value: Any, deadline: int, described: Sequence[Any] | None, version: Version
    ) -> SessionRecord | None:
        if deadline == GONE:
            return None
        try:
            return self._layout.compose(session_id, value, deadline, described, version)
        except Unreadable as reason:
            raise ValidationFailed(f"What lies at the session's key is no session of this layout: {reason}.") from None

    def _deadline_words(self, key: bytes) -> tuple[bytes, ...]:
        if self._exact is None:
            self._exact = self._wire.permits(command(b"PEXPIRETIME", key))
        if self._exact:
            return (b"*2\r\n$11\r\nPEXPIRETIME\r\n$%d\r\n%b\r\n" % (len(key), key),)
        return command(b"PTTL", key), _TIME

    def _deadline(self, key: bytes) -> int:
        words = self._deadline_words(key)
        found = self._wire.ask(*words)
        return _deadline([found] if len(words) == 1 else found)

    def mirrored(self) -> str:
        blob = self._wire.ask(command(b"GET", self._keys.route))
        return str(unpack(blob)[1].decode()) if blob else ""

    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        lifetime_ms: int | None,
        condition: Condition,
        expected: Version | None,
    ) -> Written:
        if self._is_hash or not session.id:
            refuse_unrepresentable([session], self._layout.why_unrepresentable)
        content, head = contents(self._layout, session)
        deadline = -1 if session.expires_at_ms is None else max(1, session.expires_at_ms)
        if guard is None:
            return self._write_plainly(session, content, head, lifetime_ms, deadline, condition, expected)
        name = session.id.encode()
        key = self._layout.prefix + name
        meta = meta_key(key)
        if condition is Condition.ANY and expected is None:
            when = _ALWAYS
        else:
            when = packed(condition.value.encode(), *_expected(expected))
        length = b"" if lifetime_ms is None else b"%d" % lifetime_ms
        until = b"%d" % deadline
        if self._is_hash:
            lies, noted = pack(content), checksum(content)
        else:
            lies, noted = content, checksum(content)
        words = _WRITE % (
            *(self._beside[bucket_of(session.id)], len(key), key, len(meta), meta, self._guard(guard)),
            *(len(name), name, when, len(length), length, len(until), until),
            *(len(lies), lies, len(head), head, len(noted), noted),
        )
        told = self._wire.run(self._write_script, words, once=True)
        if type(told) is int:
            at = deadline if deadline >= 0 else None
            return Written(WriteOutcome.WRITTEN, Version(guard.epoch, told), at)
        return self._written(told)

    def _guard(self, guard: Guard) -> bytes:
        """A guard's words; the newest is kept, as one holds for many calls."""
        if guard != self._newest_guard[0]:
            self._newest_guard = (guard, packed(b"%d" % guard.epoch, b"1" if guard.journaled else b"0"))
        return self._newest_guard[1]

    def _written(self, blob: bytes) -> Written:
        outcome, epoch, seq, *deadline = unpack(blob)
        if outcome == b"fenced":
            raise Fenced(epoch, unpack(seq)[1].decode() if seq else "")
        at = deadline[0]
        return Written(_OUTCOMES[outcome], Version(epoch, seq), at if at >= 0 else None)

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None) -> Written:
        key = self._layout.key(session_id)
        length = packed(b"" if lifetime_ms is None else b"%d" % lifetime_ms) + self._sliding
        if guard is None:
            at = self._wire.run(scripts.PLAIN_TOUCH, packed(key, meta_key(key)) + length, once=True)
            outcome = WriteOutcome.MISSING if at == GONE else WriteOutcome.WRITTEN
            return Written(outcome, UNVERSIONED, at if at >= 0 else None)
        words = self._guarded(session_id, key, guard) + length
        return self._written(self._wire.run(scripts.TOUCH[self._layout.kind], words, once=True))

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        key = self._layout.key(session_id)
        if guard is None:
            return bool(self._wire.run(scripts.PLAIN_DELETE, packed(key, meta_key(key)), once=True))
        words = self._guarded(session_id, key, guard)
        return self._written(self._wire.run(scripts.DELETE, words, once=True)).expires_at_ms == 1

    def _guarded(self, session_id: str, key: bytes, guard: Guard) -> bytes:
        words = packed(key, meta_key(key)) + self._guard(guard) + packed(session_id.encode())
        return self._beside[bucket_of(session_id)] + words

    def _write_plainly(
        self,
        session: SessionRecord,
        content: Any,
        head: bytes,
        lifetime_ms: int | None,
        deadline: int,
        condition: Condition,
        expected: Version | None,
    ) -> Written:
        """By a script also where a bare SET would write as much: what lies beside the session before goes with it."""
        key = self._layout.key(session.id)
        if expected is not None:
            if condition is Condition.ABSENT or expected != UNVERSIONED:
                outcome = WriteOutcome.EXISTS if condition is Condition.ABSENT else WriteOutcome.CHANGED
                return self._refused(session.id, outcome)
            condition = Condition.PRESENT
        given = packed(
            key,
            meta_key(key),
            self._keys.marker,
            condition.value.encode(),
            b"" if lifetime_ms is None else b"%d" % lifetime_ms,
            b"%d" % deadline,
            pack(content) if self._is_hash else content,
            head,
            b"" if _says_little(head) else b"1",
        )
        told, at = unpack(self._wire.run(scripts.PLAIN_WRITE[self._layout.kind], given, once=True))
        if told != b"written":
            return self._refused(session.id, _OUTCOMES[told])
        return Written(WriteOutcome.WRITTEN, UNVERSIONED, at if at >= 0 else None)

    def _refused(self, session_id: str, outcome: WriteOutcome) -> Written:
        """The refusal of a plain write, with what is there by now."""
        there = None if outcome is WriteOutcome.MISSING else self.read(session_id, None)
        if there is None:
            return Written(WriteOutcome.MISSING if outcome is WriteOutcome.CHANGED else outcome, UNVERSIONED)
        return Written(outcome, there.version, there.expires_at_ms)


def _says_little(head: bytes) -> bool:
    """Nothing beside a plain write but at most the time of the access, which legacy code does not note either."""
    if head == NOT_DESCRIBED:
        return True
    described = unpack(bytes([0x90 + len(UNDESCRIBED)]) + head[1:])
    return bool(described[CODEC] == described[EXTRA] == b"" and described[CREATED] == described[TTL] == NONE)


def _expected(expected: Version | None) -> tuple[bytes, bytes]:
    return (b"", b"") if expected is None else (b"%d" % expected.epoch, b"%d" % expected.seq)


def _deadline(found: Sequence[Any]) -> int:
    """Of PEXPIRETIME, or of PTTL and TIME."""
    if len(found) == 1 or found[0] < 0:
        return int(found[0])
    seconds, micros = found[1]
    return int(found[0]) + int(seconds) * 1000 + int(micros) // 1000


def _flat(fields: Any) -> Any:
    """A hash as the flat list that the layout reads; None for none."""
    if isinstance(fields, dict):
        return [part for pair in fields.items() for part in pair] or None
    return fields or None
