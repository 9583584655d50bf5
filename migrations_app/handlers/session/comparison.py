"""Does the target hold what the source holds? Every key, value and deadline, both ways, in bounded memory.

This is deliberately another code path than `reconcile.py`: it has its own idea of what is equal, judges by canonical
content hashes whatever is not equal byte for byte, and never writes. First every key of the target is looked for on
the source, then every record of the source is held against its copy. A difference counts only when a second look at
both sides still shows it, so a session that expires meanwhile is none.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum

from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.paging import pages_ahead
from migrations_app.stores.sessions.base import Ids, Page, SessionStore
from migrations_app.stores.sessions.records import SessionRecord

NAMED_AT_MOST = 100
ID_PAGE = 2000


class DifferenceKind(StrEnum):
    MISSING = "missing"  # the source holds it, the target does not
    EXTRA = "extra"  # the target holds it, the source does not
    VALUE = "value"  # both hold it, with different content
    DEADLINE = "deadline"  # both hold it with equal content, and it ends at another time
    UNREADABLE = "unreadable"  # the source holds something under this id that is no session


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


@dataclass(slots=True)
class Comparer:
    """One comparison of two stores. `now_ms` (wall clock) is asked at second looks.

    `open_source` gives the thread that scans the source ahead a store of its own.
    With `unreadable_allowed`, records of the source that are no sessions are none of our business. `settle` is called
    with the ids of a difference before the second look: it may bring the target level, where writes go on.
    """

    open_source: Callable[[], SessionStore]
    source: SessionStore
    target: SessionStore
    fingerprint_key: bytes = field(repr=False)
    tolerance_ms: int
    batch_size: int
    now_ms: Callable[[], int]
    unreadable_allowed: bool = False
    settle: Callable[[Sequence[str]], None] | None = None
    _found: Comparison = field(default_factory=Comparison)
    _digests: list[int] = field(default_factory=lambda: [0, 0])

    def run(self, tick: Callable[[int], None]) -> Comparison:
        """Compare everything. `tick` gets the number of records seen on either side so far, after each batch."""
        seen = 0
        for held in self._ids_of_target():
            self._look_for_extra(held)
            seen += len(held.ids)
            tick(seen)
        with closing(pages_ahead(self.open_source, "", self.batch_size)) as scan:
            for page in scan:
                self._look_at_pairs(page)
                self._found.compared += len(page.records)
                seen += len(page.records)
                tick(seen)
        self._found.source_digest, self._found.target_digest = (f"{digest:064x}" for digest in self._digests)
        return self._found

    def _ids_of_target(self) -> Iterator[Ids]:
        cursor, last = "", False
        while not last:
            held = self.target.scan_ids(cursor, ID_PAGE)
            cursor, last = held.cursor, held.last
            yield held

    def _look_for_extra(self, held: Ids) -> None:
        for id_ in held.strange:
            self._name(DifferenceKind.EXTRA, id_)
        unknown = self.source.missing(held.ids) if held.ids else []
        if not unknown:
            return
        if self.settle:
            self.settle(unknown)
        copies = self.target.read(unknown)
        ended = set(self.target.missing(unknown))
        for id_, copy in zip(unknown, copies, strict=True):
            if id_ in ended or (copy is not None and self._is_ending(copy)):
                continue
            if self.source.missing([id_]):
                self._name(DifferenceKind.EXTRA, id_)

    def _look_at_pairs(self, page: Page) -> None:
        if page.unreadable:
            self._look_at_unreadable([id_ for id_, _ in page.unreadable])
        copies = self.target.read([record.id for record in page.records]) if page.records else []
        suspects: list[SessionRecord] = []
        for record, copy in zip(page.records, copies, strict=True):
            ours = record.content_hash()
            theirs = b"" if copy is None else ours if _is_identical(record, copy) else copy.content_hash()
            if copy is None or ours != theirs or self._deadline_differs(record, copy):
                suspects.append(record)
            self._digests[0] ^= int.from_bytes(ours, "big")
            self._digests[1] ^= int.from_bytes(theirs, "big")
        if suspects:
            self._look_again(suspects)

    def _look_at_unreadable(self, ids: Sequence[str]) -> None:
        """What is no session on the source may not have a copy; and it may only be there when that is allowed."""
        if not self.unreadable_allowed:
            for id_ in ids:
                self._name(DifferenceKind.UNREADABLE, id_)
            return
        for id_, copy in zip(ids, self.target.read(ids), strict=True):
            if copy is not None and self.source.read([id_])[0] is None and not self._is_ending(copy):
                self._name(DifferenceKind.EXTRA, id_)

    def _look_again(self, suspects: Sequence[SessionRecord]) -> None:
        ids = [record.id for record in suspects]
        if self.settle:
            self.settle(ids)
        copies, now = self.target.read(ids), self.source.read(ids)
        for before, copy, record in zip(suspects, copies, now, strict=True):
            kind = self._judge(record, copy)
            if record is None and copy is not None:
                kind = DifferenceKind.EXTRA  # it was there at the target's walk; the source lost it since
            if kind is None:
                continue
            self._name(kind, before.id)
            self._found.source_moved += self._moved(before, record)

    def _judge(self, record: SessionRecord | None, copy: SessionRecord | None) -> DifferenceKind | None:
        if record is None or (copy is None and self._is_ending(record)):
            return None
        if copy is None:
            # Something that cannot be read is a damaged value; nothing at all is a missing key.
            return DifferenceKind.MISSING if self.target.missing([record.id]) else DifferenceKind.VALUE
        if record.content_hash() != copy.content_hash():
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

    def _moved(self, before: SessionRecord, now: SessionRecord | None) -> bool:
        if now is None:
            return True
        return before.content_hash() != now.content_hash() or before.expires_at_ms != now.expires_at_ms

    def _name(self, kind: DifferenceKind, session_id: str) -> None:
        self._found.kinds[str(kind)] += 1
        if len(self._found.named) < NAMED_AT_MOST:
            self._found.named.append((str(kind), fingerprint(session_id, self.fingerprint_key)))


def _is_identical(record: SessionRecord, copy: SessionRecord) -> bool:
    """Whether both have the same content hash for certain, without making a second one.

    Anything else, like JSON written in another order, is left to the hashes.
    """
    return (
        record.value == copy.value
        and record.codec is copy.codec
        and (record.id, record.ttl_ms, record.created_at_ms) == (copy.id, copy.ttl_ms, copy.created_at_ms)
        and not record.extra
        and not copy.extra
    )
