"""Does a range of the target hold what the source's rows become? By digests first, and row by row where they differ.

A row that was put aside may be missing; every other difference has a kind and a key. A table without a key is compared
as a multiset, and its rows cannot be named.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrations_app.stores.tables.base import ChunkDigest, Database, Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, KeyValue, Selection

MODULUS = 2**128
NO_ROWS = ChunkDigest(0, f"{0:032x}")
CHUNK_BYTES = 2**40  # a comparison moves nothing: rows alone end its chunks


class DifferenceKind(StrEnum):
    MISSING = "missing"  # the source has it, the target does not
    EXTRA = "extra"  # the target has it, the source does not
    VALUE = "value"  # both have it, with different content


@dataclass(frozen=True, slots=True)
class Found:
    """Of one range. `aside`: rows that are missing because they were put aside, and `aside_digest` theirs."""

    source: ChunkDigest
    target: ChunkDigest
    missing: tuple[KeyValue, ...] = ()
    extra: tuple[KeyValue, ...] = ()
    value: tuple[KeyValue, ...] = ()
    aside: ChunkDigest = NO_ROWS

    @property
    def differs(self) -> bool:
        return bool(self.missing or self.extra or self.value)

    def named(self) -> Iterator[tuple[DifferenceKind, KeyValue]]:
        for kind in DifferenceKind:
            for key in getattr(self, kind):
                yield kind, key


@dataclass(slots=True)
class Sums:
    """Digests of disjoint ranges add up."""

    rows: int = 0
    digest: int = 0

    def add(self, other: ChunkDigest) -> None:
        self.rows += other.rows
        self.digest = (self.digest + int(other.digest, 16)) % MODULUS

    @property
    def total(self) -> ChunkDigest:
        return ChunkDigest(self.rows, f"{self.digest:032x}")


@dataclass(slots=True)
class Comparer:
    source: Database
    target: Database
    aside: Collection[KeyValue] = field(default_factory=frozenset)
    settle: Callable[[Selection, Sequence[KeyValue]], Collection[KeyValue]] | None = None

    def chunks(self, selection: Selection, within: KeyRange, rows: int) -> Iterator[KeyRange]:
        """`within` in pieces of so many rows of the source; the last one holds whatever else the target has there."""
        after = within.after
        while selection.key:
            left = KeyRange(after, within.upto)
            end = self.source.end_of_chunk(selection, left, side=Side.SOURCE, rows=rows, size=CHUNK_BYTES)
            if end is None or end == within.upto:
                break
            yield KeyRange(after, end)
            after = end
        yield KeyRange(after, within.upto)

    def look(self, selection: Selection, within: KeyRange) -> Found:
        source = self.source.digest(selection, within, side=Side.SOURCE)
        target = self.target.digest(selection, within, side=Side.TARGET)
        if source == target:
            return Found(source, target)
        found = self._drill(selection, within, source, target)
        return self._settled(selection, found) if self.settle is not None and selection.key else found

    def _settled(self, selection: Selection, found: Found) -> Found:
        """Of a source that changes: what differs only because its change has not arrived is left out, and counts as it
        is at the target.
        """
        keys = [key for _, key in found.named()]
        left = set(self.settle(selection, keys)) if self.settle is not None and keys else set()
        if left:
            return replace(
                found,
                missing=tuple(key for key in found.missing if key in left),
                extra=tuple(key for key in found.extra if key in left),
                value=tuple(key for key in found.value if key in left),
            )
        source = Sums()
        source.add(found.target)
        source.add(found.aside)
        return Found(source.total, found.target, aside=found.aside)

    def _drill(self, selection: Selection, within: KeyRange, source: ChunkDigest, target: ChunkDigest) -> Found:
        if not selection.key:
            return self._multiset(selection, source, target)
        ours = dict(self.source.row_digests(selection, within, side=Side.SOURCE))
        theirs = dict(self.target.row_digests(selection, within, side=Side.TARGET))
        missing = [key for key in ours if key not in theirs]
        aside = Sums()
        for key in missing:
            if key in self.aside:
                aside.add(ChunkDigest(1, ours[key]))
        return Found(
            source,
            target,
            tuple(key for key in missing if key not in self.aside),
            tuple(key for key in theirs if key not in ours),
            tuple(key for key in ours if key in theirs and ours[key] != theirs[key]),
            aside.total,
        )

    def _multiset(self, selection: Selection, source: ChunkDigest, target: ChunkDigest) -> Found:
        """As many may be missing as were put aside; which ones they are nothing says."""
        ours = Counter(digest for _, digest in self.source.row_digests(selection, EVERYTHING, side=Side.SOURCE))
        theirs = Counter(digest for _, digest in self.target.row_digests(selection, EVERYTHING, side=Side.TARGET))
        missing, extra = ours - theirs, theirs - ours
        if missing.total() == len(self.aside) and not extra:
            aside = Sums()
            for digest in missing.elements():
                aside.add(ChunkDigest(1, digest))
            return Found(source, target, aside=aside.total)
        return Found(source, target, ((),) * missing.total(), ((),) * extra.total())
