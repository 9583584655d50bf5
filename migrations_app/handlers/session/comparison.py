"""Does the target hold what the source holds? Every key, value and deadline, both ways, in bounded memory.

This is deliberately another way of looking than `reconcile.py`: it judges by canonical content hashes, walks each
store in turn by its own scan, and never writes. A difference counts only when a second look at both sides still
shows it, so a session that expires meanwhile is none.
"""

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.records import SessionRecord

NAMED_AT_MOST = 100
ALL_FIELDS = frozenset({"codec", "created_at_ms", "ttl_ms", "extra"})


class DifferenceKind(StrEnum):
    MISSING = "missing"  # the source holds it, the target does not
    EXTRA = "extra"  # the target holds it, the source does not
    VALUE = "value"  # both hold it, with different content
    DEADLINE = "deadline"  # both hold it with equal content, and it ends at another time


ONLY_EXTRA = frozenset({DifferenceKind.EXTRA})
NOT_EXTRA = frozenset(DifferenceKind) - ONLY_EXTRA


@dataclass(slots=True)
class Comparison:
    """What a comparison found. `named` holds (kind, keyed fingerprint), at most `NAMED_AT_MOST` of them.

    `source_moved` counts differences whose source record changed between the two looks: somebody writes there.
    `source_digest` and `target_digest` are the XOR (64 hex digits) of the content hashes of the compared pairs.
    """

    compared: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, str]] = field(default_factory=list)
    source_moved: int = 0
    source_digest: str = "0" * 64
    target_digest: str = "0" * 64

    @property
    def mismatches(self) -> int:
        return self.kinds.total()


@dataclass(frozen=True, slots=True)
class Comparer:
    """One comparison of two stores. `fields` are the metadata that both can keep; `now_ms` is asked at second looks."""

    source: SessionStore
    target: SessionStore
    fingerprint_key: bytes
    tolerance_ms: int
    batch_size: int
    now_ms: Callable[[], int]
    fields: Set[str] = ALL_FIELDS

    def run(self, tick: Callable[[int], None]) -> Comparison:
        """Compare everything. `tick` gets the number of sessions seen so far, after each batch."""
        found = Comparison()
        digests = [0, 0]
        seen = 0
        cursor, last = "", False
        while not last:
            page = self.source.scan(cursor, self.batch_size)
            suspects = self._against_target(page.records, digests)
            self._look_again(suspects, found, NOT_EXTRA)
            seen += len(page.records)
            cursor, last = page.cursor, page.last
            tick(seen)
        found.compared = seen
        cursor, last = "", False
        while not last:
            page = self.target.scan(cursor, self.batch_size)
            ids = [record.id for record in page.records]
            held = self.source.read(ids) if ids else []
            suspects = [id_ for id_, record in zip(ids, held, strict=True) if record is None]
            self._look_again(suspects, found, ONLY_EXTRA)
            seen += len(ids)
            cursor, last = page.cursor, page.last
            tick(seen)
        found.source_digest, found.target_digest = (f"{digest:064x}" for digest in digests)
        return found

    def _against_target(self, records: Sequence[SessionRecord], digests: list[int]) -> list[str]:
        copies = self.target.read([record.id for record in records]) if records else []
        suspects: list[str] = []
        for record, copy in zip(records, copies, strict=True):
            ours = self._hash(record)
            theirs = self._hash(copy) if copy is not None else b""
            if copy is None or ours != theirs or self._deadline_differs(record, copy):
                suspects.append(record.id)
            digests[0] ^= int.from_bytes(ours, "big")
            digests[1] ^= int.from_bytes(theirs, "big")
        return suspects

    def _look_again(self, ids: Sequence[str], found: Comparison, kinds: Set[DifferenceKind]) -> None:
        """Each walk counts its own kinds, so that no session is counted twice."""
        if not ids:
            return
        before = self.source.read(ids)
        copies = self.target.read(ids)
        after = self.source.read(ids)
        for id_, first, copy, second in zip(ids, before, copies, after, strict=True):
            kind = self._judge(second, copy)
            if kind not in kinds:
                continue
            found.kinds[kind] += 1
            found.source_moved += self._moved(first, second)
            if len(found.named) < NAMED_AT_MOST:
                found.named.append((str(kind), fingerprint(id_, self.fingerprint_key)))

    def _judge(self, record: SessionRecord | None, copy: SessionRecord | None) -> DifferenceKind | None:
        if record is None:
            return DifferenceKind.EXTRA if copy is not None and not self._is_ending(copy) else None
        if copy is None:
            return None if self._is_ending(record) else DifferenceKind.MISSING
        if self._hash(record) != self._hash(copy):
            return DifferenceKind.VALUE
        return DifferenceKind.DEADLINE if self._deadline_differs(record, copy) else None

    def _is_ending(self, record: SessionRecord) -> bool:
        """Within the tolerance of its deadline a session may live on one side and be gone from the other."""
        return record.expires_at_ms is not None and record.expires_at_ms <= self.now_ms() + self.tolerance_ms

    def _deadline_differs(self, record: SessionRecord, copy: SessionRecord) -> bool:
        ends, copy_ends = record.expires_at_ms, copy.expires_at_ms
        if ends is None or copy_ends is None:
            return ends != copy_ends
        return not -self.tolerance_ms <= ends - copy_ends <= self.tolerance_ms

    def _moved(self, first: SessionRecord | None, second: SessionRecord | None) -> bool:
        if first is None or second is None:
            return first is not second
        return self._hash(first) != self._hash(second) or first.expires_at_ms != second.expires_at_ms

    def _hash(self, record: SessionRecord) -> bytes:
        """Content hash over what both sides can keep: metadata that one side has no place for is left out."""
        if self.fields >= ALL_FIELDS:
            return record.content_hash()
        return replace(
            record,
            created_at_ms=record.created_at_ms if "created_at_ms" in self.fields else None,
            ttl_ms=record.ttl_ms if "ttl_ms" in self.fields else None,
            extra=record.extra if "extra" in self.fields else {},
        ).content_hash()
