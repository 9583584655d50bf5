"""What relay, backfill and verifier call: the state of sessions out of one store and into another."""

from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.routed.base import Adopted, Held, JournalState, Mark, bucket_of
from migrations_app.stores.routed.redis import worker_scripts as scripts
from migrations_app.stores.routed.redis.content import NOT_DESCRIBED, checksum, contents, fits
from migrations_app.stores.routed.redis.keys import INEXACT_MS, RouteKeys, writer
from migrations_app.stores.routed.redis.wire import Wire, packed
from migrations_app.stores.sessions.applying import refuse_unrepresentable
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from migrations_app.stores.sessions.redis.layout import RedisLayout, Unreadable
from migrations_app.stores.sessions.redis.meta import (
    CHECKSUM,
    DEAD,
    DEADLINE,
    ROUTED_EPOCH,
    ROUTED_SEQ,
    meta_key,
    pack,
    unpack,
)
from migrations_app.stores.sessions.redis.reading import GONE
from migrations_app.stores.sessions.redis.store import CHUNK_BYTES, CHUNK_RECORDS

FEW = 100  # ids of which whole contents travel both ways


class _Seen(NamedTuple):
    """What lies at and beside a key, read in one step."""

    content: Any
    deadline: int
    meta: bytes
    described: Sequence[Any] | None
    now: int

    @property
    def version(self) -> Version:
        return Version(self.described[ROUTED_EPOCH], self.described[ROUTED_SEQ]) if self.described else UNVERSIONED

    def written_without_a_guard(self, changed: bool) -> bool:
        """`changed`: while the route was there, so what no route has noted anything about was written by others."""
        meta = self.described
        if meta is None or not (meta[CHECKSUM] or meta[DEAD]):
            return changed and self.content is not None
        if meta[DEAD]:
            return self.content is not None
        if self.content is None:
            lives = meta[DEADLINE] < 0 or meta[DEADLINE] > self.now
            return bool(lives and self.version != UNVERSIONED)
        return self.deadline != meta[DEADLINE] or not fits(self.content, meta[CHECKSUM])


class Carrying:
    def __init__(self, layout: RedisLayout, keys: RouteKeys, wire: Wire) -> None:
        self._layout = layout
        self._keys = keys
        self._wire = wire

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        if not buckets or limit <= 0:
            return []
        most = b"%d" % min(limit, scripts.LARGEST_LIMIT)
        words = packed(pack(list(buckets)), most, self._keys.start("journal"), self._keys.prefix)
        found = [
            Mark(name.decode(), bucket, Version(epoch, seq), int(since))
            for bucket, name, since, epoch, seq in unpack(self._wire.run_reading(scripts.MARKS, words))
        ]
        return sorted(found, key=lambda mark: mark.since_ms)[:limit]

    def marked(self, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(ids), scripts.LARGEST_LIMIT):
            chunk = ids[start : start + scripts.LARGEST_LIMIT]
            words = packed(pack([[bucket_of(name), name] for name in chunk]), self._keys.start("journal"))
            marked = unpack(self._wire.run_reading(scripts.MARKED, words))
            found.update(name for name, is_marked in zip(chunk, marked, strict=True) if is_marked)
        return found

    def journal(self, buckets: Sequence[int]) -> JournalState:
        words = packed(pack(list(buckets)), self._keys.start("journal"))
        depth, oldest = self._wire.run_reading(scripts.JOURNAL, words)
        return JournalState(int(depth), int(oldest))

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        gone = 0
        for start in range(0, max(1, len(marks)), CHUNK_RECORDS):
            chunk = [[mark.bucket, mark.id, *mark.version] for mark in marks[start : start + CHUNK_RECORDS]]
            words = packed(*writer(worker), pack(chunk), self._keys.start("journal"), self._keys.prefix)
            gone += int(self._wire.run(scripts.ACKNOWLEDGE, words))
        return gone

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        return [self._held(name, seen) for name, seen in self._look(ids, CHUNK_RECORDS)]

    def _look(self, ids: Sequence[str], chunk: int) -> Iterator[tuple[str, _Seen]]:
        for start in range(0, len(ids), chunk):
            names = ids[start : start + chunk]
            keys = [self._layout.key(name) for name in names]
            blob = self._wire.run_reading(scripts.FETCH, packed(pack(keys), self._layout.kind.encode()))
            values, deadlines, metas, now, exact = unpack(blob)
            for name, value, deadline, meta in zip(names, values, deadlines, metas, strict=True):
                content = None if value is False or deadline == GONE else value
                described = unpack(meta) if meta else None
                if described and not exact and abs(deadline - described[DEADLINE]) <= INEXACT_MS:
                    deadline = described[DEADLINE]
                yield name, _Seen(content, deadline, meta or b"", described, now)

    def _held(self, session_id: str, seen: _Seen) -> Held:
        """A content that is no session of this layout is not there: scans of the plain store name it."""
        version = seen.version
        if seen.content is not None:
            try:
                record = self._layout.compose(session_id, seen.content, seen.deadline, seen.described, version)
            except Unreadable:
                return Held(session_id, version, False, None)
            return Held(session_id, version, False, record)
        return Held(session_id, version, bool(seen.described and seen.described[DEAD]), None)

    def adopt(self, held: Sequence[Held], worker: WorkerToken, skew_ms: int) -> Adopted:
        wanted = [each for each in held if each.dead or each.record is not None]
        refuse_unrepresentable([each.record for each in wanted if each.record], self._layout.why_unrepresentable)
        written = raised = 0
        script = scripts.ADOPT[self._layout.kind]
        for chunk in self._entries(wanted, skew_ms):
            starts = [self._keys.start(kind) for kind in ("seq", "dead", "epoch")]
            words = packed(*writer(worker), pack(chunk), *starts)
            counts = self._wire.run(script, words)
            written, raised = written + int(counts[0]), raised + int(counts[1])
        return Adopted(written, raised, len(held) - written - raised)

    def _entries(self, held: Sequence[Held], skew_ms: int) -> Iterator[list[Any]]:
        """At least one chunk, so that the fence is asked even when there is nothing to write."""
        chunk: list[Any] = []
        size = 0
        for each in held:
            content, head, deadline = b"", NOT_DESCRIBED, -1
            if not each.dead and each.record is not None:
                content, head = contents(self._layout, each.record)
                if each.record.expires_at_ms is not None:
                    deadline = max(0, each.record.expires_at_ms + skew_ms)
            length = len(each.record.value) if each.record else 0
            if chunk and (len(chunk) >= CHUNK_RECORDS or size + length > CHUNK_BYTES):
                yield chunk
                chunk, size = [], 0
            key = self._layout.key(each.id)
            entry = [key, meta_key(key), each.id, bucket_of(each.id), content, deadline, *each.version, int(each.dead)]
            chunk.append([*entry, head, checksum(content)])
            size += length
        yield chunk

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        ((_, seen),) = self._look([held.id], 1)
        now = self._held(held.id, seen)
        if (now.version, now.dead) != (held.version, held.dead) or not _same_value(now, held):
            self._version([], worker, counted=False)  # a stale worker learns that it is one all the same
            return None
        return self._version([(held.id, seen, epoch)], worker, counted=False)[0]

    def suspects(self, ids: Sequence[str], worker: WorkerToken, changed: Set[str]) -> int:
        found = 0
        for start in range(0, max(1, len(ids)), FEW):
            looks = self._look(ids[start : start + FEW], FEW)
            odd = [(name, seen, -1) for name, seen in looks if seen.written_without_a_guard(name in changed)]
            if odd or not start:  # a stale worker learns that it is one all the same
                found += sum(version is not None for version in self._version(odd, worker, counted=True))
        return found

    def _version(
        self, seen: Sequence[tuple[str, _Seen, int]], worker: WorkerToken, *, counted: bool
    ) -> list[Version | None]:
        """Mint a version for each that is still as it was seen, and mark it. -1: the epoch of the bucket's fence."""
        entries = []
        for name, look, epoch in seen:
            key = self._layout.key(name)
            content = False if look.content is None else look.content
            noted = checksum(content) if content is not False else b""
            entries.append([key, meta_key(key), name, bucket_of(name), epoch, look.meta, content, noted])
        fence, token = writer(worker)
        starts = [self._keys.start(kind) for kind in ("seq", "gate", "dead", "journal", "epoch")]
        words = packed(fence, self._keys.legacy, token, pack(entries), *starts, b"%d" % counted)
        minted = unpack(self._wire.run(scripts.VERSION[self._layout.kind], words))
        return [Version(*version) if version else None for version in minted]


def _same_value(one: Held, other: Held) -> bool:
    if one.record is None or other.record is None:
        return one.record is other.record
    return one.record.value == other.record.value
